import { createReadStream, statSync } from 'node:fs'
import { createServer } from 'node:http'

/** The baseline: plain `node:http` that pipes one file, whole or a range of it. No key, no task, no log. */
const path = process.argv[2] ?? ''
const { size } = statSync(path)

const server = createServer((request, response) => {
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
  const [start, end] = range === null ? [0, size - 1] : [Number(range[1]), Number(range[2])]
  response.writeHead(range === null ? 200 : 206, {
    'content-type': 'video/mp4',
    'content-length': end - start + 1,
    ...(range === null ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
  })
  createReadStream(path, { start, end }).pipe(response)
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address === null || typeof address === 'string')
    throw new Error('the baseline did not listen on a port')
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${address.port}` })}\n`)
})
