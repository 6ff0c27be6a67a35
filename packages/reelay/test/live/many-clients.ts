import { openStream, type StreamClient } from './stream-client.ts'

/**
 * Clients in a process of their own, so that what they cost is not the server's. Told by messages: `open` answers `opened`
 * once each has its first event, `count` how many events came since, `leave` cuts all connections.
 */
const [base = '', key = '', ...paths] = process.argv.slice(2)
const clients: StreamClient[] = []
let events = 0

async function follow(client: StreamClient): Promise<void> {
  while ((await client.reader.event()) !== undefined) {
    events += 1
    process.send?.({ events })
  }
}

async function open(): Promise<void> {
  for (const path of paths) {
    const client = await openStream(base, path, { key })
    if (client.status !== 200) throw new Error(`a stream was answered with ${client.status}`)
    await client.reader.event()
    clients.push(client)
  }
  for (const client of clients) void follow(client).catch(() => undefined)
  process.send?.('opened')
}

process.on('message', (message) => {
  if (message === 'open') void open()
  if (message !== 'leave') return
  for (const client of clients) client.leave()
  process.disconnect()
})
