/** A plain client for the upstream's own tests. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  /** The parsed body of a JSON answer, else its text. */
  readonly body: unknown
}

const KEY: Readonly<Record<string, string>> = { authorization: 'Bearer up_test' }

/** The fields of a JSON object body; fails on anything else, so that a test can read them without a cast. */
export function fieldsOf(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null) throw new Error(`No object: ${String(body)}`)
  return { ...body }
}

/** Any request, with the test key unless `headers` say otherwise. Redirects are not followed. */
export async function ask(
  url: string,
  init: Omit<RequestInit, 'headers'> & { headers?: Readonly<Record<string, string>> } = {},
): Promise<Reply> {
  const response = await fetch(url, { redirect: 'manual', ...init, headers: { ...KEY, ...init.headers } })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}

export async function createJson(url: string, fields: Readonly<Record<string, unknown>>): Promise<Reply> {
  const headers = { 'content-type': 'application/json' }
  return ask(`${url}/v1/videos`, { method: 'POST', headers, body: JSON.stringify(fields) })
}

export async function createForm(
  url: string,
  fields: Readonly<Record<string, string>>,
  file?: File,
): Promise<Reply> {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  if (file !== undefined) body.append('input_reference', file)
  return ask(`${url}/v1/videos`, { method: 'POST', body })
}

/** Creates a task that must be accepted; gives its id. */
export async function createTask(url: string, prompt: string, model = 'wan2.6'): Promise<string> {
  const reply = await createForm(url, { model, prompt })
  if (reply.status !== 200) throw new Error(`Not accepted: ${reply.status} ${JSON.stringify(reply.body)}`)
  return String(fieldsOf(reply.body)['id'])
}

export async function poll(url: string, id: string): Promise<Reply> {
  return ask(`${url}/v1/videos/${encodeURIComponent(id)}`)
}

/** The code of the system or HTTP error that made a fetch fail, else its name; `none` when it did not. */
export async function failureCode(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'none'
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    if (!(cause instanceof Error)) return String(cause)
    return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
  }
}
