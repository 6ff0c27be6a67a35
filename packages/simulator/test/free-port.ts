import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Below the ports that systems give to those who ask for any: nobody else is given one of these. */
const FROM = 20_000
const TO = 30_000
const TRIES_MAX = 50

async function listening(port: number): Promise<Server | null> {
  const server = createServer().listen(port, '127.0.0.1')
  return once(server, 'listening').then(
    () => server,
    () => null,
  )
}

/**
 * The first of so many consecutive ports that are free, and that stay so: one that was got by listening on port 0 and
 * given back is the next test's at once.
 */
export async function freePort(count = 1): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const first = randomInt(FROM, TO)
    const servers = await Promise.all(Array.from({ length: count }, (_, index) => listening(first + index)))
    for (const server of servers) await server?.[Symbol.asyncDispose]()
    if (!servers.includes(null)) return first
  }
  throw new Error(`found no ${count} free ports that follow each other`)
}
