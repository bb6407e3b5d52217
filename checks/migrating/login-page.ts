// Replaces the login page of the applications of docs/migrating.
export function showLogin(): void {
  // Nobody is there to log in.
}
