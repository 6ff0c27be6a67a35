import { createClient, type ClientOptions, type ReelayClient } from '../src/client.ts'
import { fakeFetch, type FakeFetch, type Handler } from './fake-fetch.ts'
import { ManualClock } from './manual-clock.ts'

export type TestClient = { client: ReelayClient; clock: ManualClock; fetch: FakeFetch }

/** A client over a fake fetch and a manual clock. */
export function testClient(handler: Handler, options: Partial<ClientOptions> = {}): TestClient {
  const clock = new ManualClock()
  const fetch = fakeFetch(handler, () => clock.nowMs())
  const client = createClient({
    baseURL: 'http://gateway.test:7373',
    apiKey: 'rk_test',
    fetch,
    clock,
    random: () => 0.5,
    ...options,
  })
  return { client, clock, fetch }
}
