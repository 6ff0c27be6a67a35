import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSimulator } from '@reelay/simulator'
import { createReelay, type Reelay } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { loadSecrets } from '../../src/secrets.ts'
import type { KeyScope } from '../../src/store/store.ts'
import { hashOfKey } from '../../src/system/hash-of-key.ts'
import { systemClock, type Clock } from '../../src/system/clock.ts'
import { systemIds } from '../../src/system/ids.ts'
import { silentLog } from '../../src/system/log.ts'
import { hurried } from './hurried.ts'

/** One answer, whole. */
export type TenantAnswer = { status: number; headers: Headers; text: string; bytes: Buffer }

export type TenantCall = {
  method?: string
  path: string
  key: string | null
  body?: string | undefined
  headers?: Readonly<Record<string, string>>
}

/** What one tenant has. Every name, prompt and URL of it holds `mark`. */
export type Tenant = {
  mark: string
  project: string
  /** Keys by what they may do; `full` may do all of it. */
  keys: Readonly<Record<'full' | KeyScope | 'expired' | 'revoked', string>>
  keyId: string
  /** A completed video, and one with an input that waits for ever. */
  video: string
  waiting: string
  endpoint: string
  delivery: string
}

/** Two projects of one gateway beside its default one, asked without a socket. */
export interface TwoTenants {
  readonly reelay: Reelay
  readonly victim: Tenant
  readonly stranger: Tenant
  readonly linkKeys: readonly Uint8Array[]
  /** Wall-clock time, which stands still once both tenants are there: links in answers hold the time of the answer. */
  readonly nowMs: number
  ask(call: TenantCall): Promise<TenantAnswer>
  stop(): Promise<void>
}

const PNG =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const LOOKS_MAX = 40

export async function openTwoTenants(): Promise<TwoTenants> {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-tenants-'))
  const upstream = await startSimulator({ dialect: 'comet' })
  const config = loadConfig({
    REELAY_DATA_DIR: directory,
    REELAY_PROVIDERS: 'cometapi',
    REELAY_LIMITS: 'off',
    REELAY_WEBHOOK_SCHEDULE: '0s',
    COMETAPI_KEY: 'provider-key',
    COMETAPI_BASE_URL: upstream.url,
  })
  let frozenMs: number | undefined
  const clock: Clock = { ...systemClock, nowMs: () => frozenMs ?? systemClock.nowMs() }
  const reelay = await createReelay(config, { log: silentLog, wrapProvider: hurried, clock })
  await reelay.start()
  const ask = async ({
    method = 'GET',
    path,
    key,
    body,
    headers = {},
  }: TenantCall): Promise<TenantAnswer> => {
    const sent = new Headers(headers)
    if (key !== null) sent.set('authorization', `Bearer ${key}`)
    if (body !== undefined && !sent.has('content-type')) sent.set('content-type', 'application/json')
    const request = new Request(`http://127.0.0.1:7373${path}`, { method, headers: sent, body: body ?? null })
    const response = await reelay.fetch(request)
    const bytes = Buffer.from(await response.arrayBuffer())
    return { status: response.status, headers: response.headers, text: bytes.toString('latin1'), bytes }
  }
  const { linkKeys } = await loadSecrets(config, systemIds)
  const maker = new Maker(reelay, upstream.url, ask)
  const [victim, stranger] = [await maker.tenant('victim-mark'), await maker.tenant('stranger-mark')]
  frozenMs = systemClock.nowMs()
  return {
    reelay,
    victim,
    stranger,
    linkKeys,
    nowMs: frozenMs,
    ask,
    stop: async () => {
      await reelay.stop()
      await upstream.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

class Maker {
  readonly #reelay: Reelay
  readonly #ask: TwoTenants['ask']

  /** The base URL of what webhooks are sent to. */
  readonly #receiver: string

  constructor(reelay: Reelay, receiver: string, ask: TwoTenants['ask']) {
    this.#reelay = reelay
    this.#receiver = receiver
    this.#ask = ask
  }

  async tenant(mark: string): Promise<Tenant> {
    const admin = this.#reelay.adminKey
    const project = await this.#made(admin, '/v1/projects', { name: mark })
    const full = await this.#key(project, mark, ['create', 'read', 'content', 'admin'])
    const video = await this.#made(full.secret, '/v1/videos', { model: 'wan2.6', prompt: `${mark} done` })
    const waiting = await this.#made(full.secret, '/v1/videos', {
      model: 'doubao-seedance-2-0',
      prompt: `${mark} waits [up:steps=queued*]`,
      input_reference: PNG,
    })
    const url = `${this.#receiver}/${mark}`
    const endpoint = await this.#made(full.secret, '/v1/endpoints', {
      url,
      description: mark,
      events: ['video.error'],
    })
    const delivery = await this.#made(full.secret, `/v1/endpoints/${endpoint}/test`)
    await this.#completed(full.secret, video)
    const scoped = async (...scopes: KeyScope[]): Promise<string> =>
      (await this.#key(project, mark, scopes)).secret
    const revoked = await this.#key(project, mark, ['read', 'create', 'content', 'admin'])
    await this.#reelay.store.revokeKey(project, revoked.id)
    const expired = await this.#key(project, mark, ['read', 'create', 'content', 'admin'], 1)
    return {
      mark,
      project,
      keyId: (await this.#key(project, mark, ['read'])).id,
      keys: {
        full: full.secret,
        create: await scoped('create'),
        read: await scoped('read'),
        content: await scoped('content'),
        admin: await scoped('admin'),
        expired: expired.secret,
        revoked: revoked.secret,
      },
      video,
      waiting,
      endpoint,
      delivery,
    }
  }

  async #made(key: string, path: string, fields: object = {}): Promise<string> {
    const answer = await this.#ask({ method: 'POST', path, key, body: JSON.stringify(fields) })
    assert.equal(answer.status, 200, answer.text)
    return (JSON.parse(answer.text) as { id: string }).id
  }

  async #key(
    projectId: string,
    name: string,
    scopes: readonly KeyScope[],
    expiresAtMs: number | null = null,
  ): Promise<{ id: string; secret: string }> {
    const secret = `rk_${systemIds.secret(32)}`
    const id = systemIds.id('key', systemClock.nowMs())
    const times = { createdAtMs: 1, lastUsedAtMs: null, expiresAtMs, revokedAtMs: null }
    await this.#reelay.store.createKey(
      { id, projectId, name, scopes, profile: 'comet', ...times },
      hashOfKey(secret),
    )
    return { id, secret }
  }

  async #completed(key: string, id: string): Promise<void> {
    for (let look = 0; look < LOOKS_MAX; look += 1) {
      const { text } = await this.#ask({ path: `/v1/videos/${id}`, key, headers: { prefer: 'wait=10' } })
      if ((JSON.parse(text) as { status: string }).status === 'completed') return
    }
    throw new Error(`${id} was not completed`)
  }
}
