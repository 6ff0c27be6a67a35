import { clipBytes } from '../src/clips.ts'
import type { DialectName } from '../src/dialects/dialects.ts'
import type { CallbackRecord } from '../src/callback-record.ts'
import type { Phase } from '../src/phase.ts'
import type { Secrets } from '../src/secrets.ts'

/** A request to make. */
export interface Ask {
  /** Default GET. */
  readonly method?: string
  /** On the simulator's API, or a whole URL. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is. */
  readonly body?: NonNullable<RequestInit['body']>
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body of a JSON answer, else undefined. */
  readonly body: unknown
}

/** Asks with the right key, and fails on an answer that is no answer. */
export type Asker = (ask: Ask) => Promise<Reply>

export interface CreateExtras {
  /** The client's own token, for dialects that take one. */
  readonly token?: string
  readonly callbackUrl?: string
}

/** What the suite must be told of one dialect. */
export interface DialectSubject {
  readonly dialect: DialectName
  /** As test names have it, where one dialect has several; default: the dialect's. */
  readonly name?: string
  /** Headers that bear the key. `ask` is there for those that sign the request. */
  credentials(key: string, ask: Ask, url: string): Readonly<Record<string, string>>
  /** The key to start with; default `key-1`. */
  readonly key?: string
  /** A key that is wrong in the same form; default `wrong-key`. */
  readonly wrongKey?: string
  create(prompt: string, extras: CreateExtras): Ask
  idOf(created: Reply): string
  /** Null where the create's answer comes with the result. */
  readonly poll: ((id: string) => Ask) | null
  /** What an answer to a poll says; null when it is not about a task: an error, an unknown id. */
  phaseOf(polled: Reply): Phase | null
  readonly look?: (id: string) => Ask
  readonly content?: (id: string) => Ask
  readonly cancel?: (id: string) => Ask
  readonly remove?: (id: string) => Ask
  /** The link to a result, from whatever answers tell it. */
  readonly link?: (id: string, ask: Asker) => Promise<string>
  /** The bytes of a result that comes inside an answer. */
  readonly inline?: (id: string, ask: Asker) => Promise<Uint8Array>
  /** What a failure says, where it has no room for a message. */
  readonly failure?: RegExp
  /** False where the dialect calls back, and not about jobs that are made in this way. */
  readonly callsBack?: boolean
  /** Phases that this dialect cannot tell from `running`. */
  readonly hidden?: readonly Phase[]
  /** Given where callbacks are signed: whether the headers vouch for this body. */
  readonly verify?: (callback: CallbackRecord, secrets: Secrets, key: string) => boolean
  /** False where a signature does not cover the body. */
  readonly signsBody?: boolean
  /** What a receiver must answer, where status 200 and the text `ok` are not enough. */
  readonly receive?: (body: unknown) => { readonly status: number; readonly body: string }
}

/** The clip that every task ends with unless its prompt says another. */
export const CLIP: Buffer = clipBytes('mp4')

function initOf(subject: DialectSubject, url: string, key: string, ask: Ask): RequestInit {
  const json = ask.json === undefined ? undefined : JSON.stringify(ask.json)
  const body = json ?? ask.body
  return {
    method: ask.method ?? 'GET',
    redirect: 'manual',
    headers: {
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...ask.headers,
      ...subject.credentials(key, ask, url),
    },
    ...(body === undefined ? {} : { body }),
  }
}

function parsed(response: Response, text: string): unknown {
  if (response.headers.get('content-type')?.includes('json') !== true) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Makes a request as the dialect's clients do. Rejects as `fetch` does. */
export async function send(
  subject: DialectSubject,
  baseUrl: string,
  ask: Ask,
  { key = subject.key ?? 'key-1', signal }: { key?: string; signal?: AbortSignal } = {},
): Promise<Reply> {
  const url = ask.path.startsWith('/') ? `${baseUrl}${ask.path}` : ask.path
  const init = initOf(subject, url, key, ask)
  const response = await fetch(url, signal === undefined ? init : { ...init, signal })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: parsed(response, text) }
}

/** The bytes of a finished task, by whichever way the dialect has. */
export async function resultOf(subject: DialectSubject, baseUrl: string, id: string): Promise<Buffer> {
  const asker: Asker = (ask) => send(subject, baseUrl, ask)
  if (subject.link !== undefined) {
    const response = await fetch(await subject.link(id, asker))
    return Buffer.from(await response.arrayBuffer())
  }
  if (subject.inline !== undefined) return Buffer.from(await subject.inline(id, asker))
  if (subject.content === undefined) throw new Error('The subject has neither link, nor inline, nor content.')
  const ask = subject.content(id)
  const url = `${baseUrl}${ask.path}`
  const response = await fetch(url, initOf(subject, url, subject.key ?? 'key-1', ask))
  return Buffer.from(await response.arrayBuffer())
}
