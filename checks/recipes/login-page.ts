// Replaces the login page of the applications of docs/recipes.
export const loginPage = { shown: 0 }

export function showLogin(): void {
  loginPage.shown += 1
}
