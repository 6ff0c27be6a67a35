import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'

/**
 * The baseline: plain `node:http` that keeps each body with one durable insert, with the settings that the gateway's own
 * database has, and answers `ok`. No router, no token, no signature, no task, no log.
 */
const database = new DatabaseSync(process.argv[2] ?? '')
database.exec('pragma journal_mode = wal; pragma synchronous = full')
database.exec(`create table callbacks_in
  (id text primary key, headers text not null, body blob not null, received_at bigint not null)`)
const insert = database.prepare('insert into callbacks_in values (?, ?, ?, ?) on conflict do nothing')

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    const id = createHash('sha256').update(body).digest('hex')
    insert.run(id, JSON.stringify(request.headers), body, Date.now())
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 2 }).end('ok')
  })
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address === null || typeof address === 'string')
    throw new Error('the baseline did not listen on a port')
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${address.port}` })}\n`)
})
