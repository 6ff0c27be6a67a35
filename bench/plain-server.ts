import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { SqliteReads } from '../packages/reelay/src/store/sqlite/sqlite-reads.ts'

/**
 * The baseline: plain `node:http` with the same key check and the same read of the same file, answering an object of the
 * same size. No router, no limits, no request id, no log.
 */
const reads = new SqliteReads(new DatabaseSync(process.argv[2] ?? '', { readOnly: true }), Date.now)
const PREFIX = '/v1/videos/'

const server = createServer((request, response) => {
  const secret = request.headers.authorization?.replace('Bearer ', '') ?? ''
  const hash = createHash('sha256').update(secret).digest('hex')
  const found = reads.keyedTask(hash, (request.url ?? '').slice(PREFIX.length))
  if (found === undefined) {
    response.writeHead(404).end()
    return
  }
  const { task } = found
  // Held open, with nothing kept of it.
  if (request.headers.accept === 'text/event-stream') {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 2000\n\n')
    return
  }
  const body = JSON.stringify({
    id: task.id,
    task_id: task.id,
    object: 'video',
    model: task.request.model,
    status: task.state,
    progress: task.progress,
    created_at: Math.floor(task.createdAtMs / 1_000),
    completed_at: null,
    expires_at: null,
    prompt: task.request.prompt,
    size: task.request.size,
    seconds: task.request.seconds,
    remixed_from_video_id: null,
    error: null,
    reelay: {
      provider: task.candidates[0]?.account,
      provider_task_id: null,
      attempt: 0,
      warnings: task.warnings,
    },
  })
  response
    .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body)
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address === null || typeof address === 'string')
    throw new Error('the baseline did not listen on a port')
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${address.port}` })}\n`)
})
