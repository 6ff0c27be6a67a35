/** The provider of an account: `<provider>`, or `<provider>:<name>` where there are several. */
export function providerNameOf(account: string): string {
  const end = account.indexOf(':')
  return end === -1 ? account : account.slice(0, end)
}
