import { createHmac, sign as signBytes } from 'node:crypto'
import { is2xx, type CallbackRules, type Outgoing } from '../../callback-rules.ts'
import { listField, recordField } from '../../request.ts'
import type { Secrets, SigningKey } from '../../secrets.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { fileIdOf, fileLink } from './files.ts'

type Fields = Readonly<Record<string, unknown>>

/** Tries for 24 hours, further and further apart, as documented; the pauses are assumed. */
const MINUTES_BETWEEN_TRIES = [0.2, 0.5, 1, 2, 5, 15, 30, 60, 120, 240, 480, 480]

/** As old as the documents let a delivery be. */
const TOKEN_SECONDS = 300

/** The first address that the create itself names. */
function ownTarget(fields: Fields): string | null {
  const [uri] = listField(recordField(fields, 'webhookConfig'), 'uris')
  return typeof uri === 'string' ? uri : null
}

/** Names are shortened, as in the documents. Where the create had words of its own, they come back. */
function body(view: TaskView, verbs: Verbs): object {
  const { task } = view
  const { userMetadata } = recordField(task.fields, 'webhookConfig')
  const uri = fileLink(view, verbs, 0)
  return {
    type: 'video.generated',
    version: 'v1',
    timestamp: new Date(view.finishedAtMs ?? view.nowMs).toISOString(),
    data: {
      id: `operations/${task.id.split('/').at(-1) ?? ''}`,
      ...(uri === null ? {} : { output_file_uri: uri, file_name: `files/${fileIdOf(task.id, 0)}` }),
    },
    ...(userMetadata === undefined ? {} : { user_metadata: userMetadata }),
  }
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token in the place of a signature. Whom it is for is not documented: the address that is called. */
function token({ url, timestampMs }: Outgoing, { kid, privateKey }: SigningKey): string {
  const iat = Math.floor(timestampMs / 1000)
  const claims = {
    iss: 'https://generativelanguage.googleapis.com',
    aud: url.href,
    iat,
    exp: iat + TOKEN_SECONDS,
  }
  const head = `${base64url({ alg: 'RS256', typ: 'JWT', kid })}.${base64url(claims)}`
  return `${head}.${signBytes('sha256', Buffer.from(head), privateKey).toString('base64url')}`
}

/** One signature of a Standard Webhook. */
function hmac({ id, body: bytes }: Outgoing, seconds: string, secret: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/u, ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.`).update(bytes).digest('base64')
  return `v1,${signature}`
}

/** A token where the create named the address, the project's secret where the address is the project's. */
function sign(outgoing: Outgoing, secrets: Secrets): Readonly<Record<string, string>> {
  const { id, isRotating, fields, timestampMs } = outgoing
  const seconds = String(Math.floor(timestampMs / 1000))
  const inUse = isRotating ? [secrets.hmac, secrets.previous.hmac] : [secrets.hmac]
  const signature =
    ownTarget(fields) === null
      ? inUse.map((secret) => hmac(outgoing, seconds, secret)).join(' ')
      : token(outgoing, isRotating ? secrets.previous.rsa : secrets.rsa)
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signature }
}

/** Sent once there is a video. Of a failure nothing is ever told. */
export const geminiCallback: CallbackRules = {
  target: ({ fields }, account) => ownTarget(fields) ?? account,
  events: ['done'],
  body,
  sign,
  retry: {
    timeoutMs: 10_000,
    delaysMs: MINUTES_BETWEEN_TRIES.map((minutes) => minutes * 60_000),
    accepts: is2xx,
  },
}
