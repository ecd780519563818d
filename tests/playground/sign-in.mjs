/** A sign-in at the demo portal, as a person does it. */
export async function signIn(page, { portal, account }) {
  const button = (name) => page.getByRole("button", { name, exact: true });
  await page.goto(portal);
  await page.getByRole("banner").getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("Email address").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await button("Sign in").click();
  await button("Allow").click();
  await button("Sign out").waitFor();
}
