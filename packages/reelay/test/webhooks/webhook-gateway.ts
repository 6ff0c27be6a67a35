import assert from 'node:assert/strict'
import { type Simulator, startSimulator } from '@reelay/simulator'
import type { WebhookEndpoint, WebhookSecret } from '@reelay/sdk'
import type { Delivery, DeliveryAttempt } from '../../src/store/webhook-store.ts'
import { ask, create } from '../e2e/client.ts'
import { JumpClock } from '../e2e/jump-clock.ts'
import { openGateway, type OpenGateway } from '../e2e/open-gateway.ts'

type Logged = Delivery & { log: readonly DeliveryAttempt[] }

/** A whole gateway over a loopback provider, with a clock that can be set ahead. */
export class WebhookGateway {
  readonly clock: JumpClock
  readonly gateway: OpenGateway
  readonly #upstream: Simulator
  #commits = Promise.withResolvers<void>()

  private constructor(clock: JumpClock, gateway: OpenGateway, upstream: Simulator) {
    this.clock = clock
    this.gateway = gateway
    this.#upstream = upstream
    const { webhooks } = gateway.reelay.store
    const commit = webhooks.commitDelivery.bind(webhooks)
    webhooks.commitDelivery = async (move) => {
      const isWritten = await commit(move)
      this.#commits.resolve()
      this.#commits = Promise.withResolvers<void>()
      return isWritten
    }
  }

  static async open(environment: Readonly<Record<string, string>> = {}): Promise<WebhookGateway> {
    const clock = new JumpClock()
    const upstream = await startSimulator({ dripMs: 1 })
    const settings = {
      REELAY_PROVIDERS: 'cometapi',
      COMETAPI_KEY: 'test-key',
      COMETAPI_BASE_URL: upstream.url,
      ...environment,
    }
    return new WebhookGateway(clock, await openGateway(settings, { clock }), upstream)
  }

  async endpoint(url: string, fields: object = {}): Promise<WebhookEndpoint & { secret: string }> {
    const made = (await this.#post('/v1/endpoints', { url, ...fields })) as WebhookEndpoint
    assert.ok(made.secret !== undefined)
    return { ...made, secret: made.secret }
  }

  /** Answers the new secret; the one before signs for another `overlap` seconds. */
  async rotate(path: string, overlap: number): Promise<string> {
    return ((await this.#post(path, { overlap })) as WebhookSecret).secret
  }

  /** What signs the `callback_url` deliveries of the default project. */
  async projectSecret(): Promise<string> {
    const { json } = await ask(this.gateway, '/v1/projects/default/webhook-secret')
    const [newest] = (json as { data: readonly WebhookSecret[] }).data
    assert.ok(newest !== undefined, JSON.stringify(json))
    return newest.secret
  }

  /** The id of a new task; it completes at its first look. */
  async create(fields: Readonly<Record<string, string>> = {}): Promise<string> {
    const prompt = 'a boat [up:steps=done]'
    return (await create(this.gateway, { model: 'wan2.6', prompt, ...fields })).id
  }

  /** The only delivery there is, once so many of its attempts are written down. */
  async logged(attempts: number): Promise<Logged> {
    const { webhooks } = this.gateway.reelay.store
    const all = { projectId: 'default', limit: 9, after: null, taskId: null, endpointId: null, state: null }
    for (;;) {
      const written = this.#commits.promise
      const { deliveries } = await webhooks.listDeliveries(all)
      const [delivery] = deliveries
      if (delivery !== undefined && delivery.attempts >= attempts) {
        assert.equal(deliveries.length, 1)
        return { ...delivery, log: await webhooks.deliveryAttempts(delivery.id) }
      }
      await written
    }
  }

  async #post(path: string, fields: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json' }
    const answer = await ask(this.gateway, path, { method: 'POST', body: JSON.stringify(fields), headers })
    assert.equal(answer.status, 200, JSON.stringify(answer.json))
    return answer.json
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.stop()
    await this.#upstream.close()
  }
}
