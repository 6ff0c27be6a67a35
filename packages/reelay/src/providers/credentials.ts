/** A request as it will be sent, but for the headers that prove who we are. */
export type UnprovenRequest = {
  method: string
  /** Absolute. */
  url: string
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>
  body: Uint8Array | null
  /** Aborts once nobody waits for the answer any more. */
  signal?: AbortSignal
}

/** The headers that prove who we are: for one origin only. */
export type CredentialHeaders = Readonly<Record<string, string>>

/** What proves who we are cannot be made now. Its message is shown: it has no secret, and says what to do. */
export class CredentialsFailed extends Error {
  override readonly name = 'CredentialsFailed'
}

/** Always the same headers, or what makes them for each request: signatures, and tokens that expire. */
export type Credentials = CredentialHeaders | ((request: UnprovenRequest) => Promise<CredentialHeaders>)

/** The headers for this request. Constant ones are copied, so that each is read once. */
export async function credentialHeaders(
  credentials: Credentials,
  request: UnprovenRequest,
): Promise<CredentialHeaders> {
  return typeof credentials === 'function' ? credentials(request) : { ...credentials }
}
