import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from './log.ts'
import { createRedactor } from './redact.ts'

test('what looks like a secret is taken out wherever it stands', () => {
  const redact = createRedactor([])
  const key = `rk_${'a'.repeat(43)}`
  for (const secret of [
    key,
    `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    'Bearer sk-proj-1234567890',
    'bearer   eyJhbGciOi.J9.x_y-z',
  ]) {
    const line = redact(JSON.stringify({ msg: `the provider said "${secret}" to us`, path: '/v1/videos' }))
    assert.ok(!line.includes(secret.slice(-8)), line)
    assert.equal((JSON.parse(line) as { path: string }).path, '/v1/videos')
  }
  assert.equal(
    redact('{"url":"http://h/v1/videos/x/content?exp=1&sig=AAAAAAAAAAAAAAAAAAAAAA"}'),
    '{"url":"http://h/v1/videos/x/content?exp=1&sig=[redacted]"}',
  )
})

test('ordinary lines stay as they are', () => {
  const redact = createRedactor(['a-provider-key-1'])
  for (const text of ['bearer of news', 'the marks_of_time', 'a signature ?sig=short', 'wan2.6 completed'])
    assert.equal(redact(text), text)
})

test('values that the process knows are taken out, also those that JSON escapes', () => {
  const redact = createRedactor(['sk-"quoted"-key', 'short'])
  assert.equal(
    redact(JSON.stringify({ msg: 'key sk-"quoted"-key, short' })),
    '{"msg":"key [redacted], short"}',
  )
})

test('the log redacts what an error repeats', () => {
  const lines: string[] = []
  const log = createLog('info', { write: (line) => void lines.push(line) }, ['provider-canary-key'])
  log.error(
    { err: new Error('401: the key provider-canary-key is wrong') },
    'failed with provider-canary-key',
  )
  assert.equal(lines.length, 1)
  assert.ok(!lines.join('').includes('canary'), lines.join(''))
})
