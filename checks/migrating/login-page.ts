// Stands for the page that the applications of docs/migrating show when the session is over.
export function showLogin(): void {
  // Nobody is there to log in.
}
