import assert from 'node:assert/strict'
import { mkdtempDisposableSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runProgram } from './program.ts'
import { refusal, testGateway } from './test-gateway.ts'
import { testIo } from './test-io.ts'

const FILM = Buffer.from('\0\0\0\u0018ftypmp42')

const folderOf = (): { path: string; [Symbol.dispose](): void } =>
  mkdtempDisposableSync(join(tmpdir(), 'reelay-cli-'))

test('a folder gets a file named after the video and its kind', async () => {
  using folder = folderOf()
  await using gateway = await testGateway(({ path }) => {
    const type = path.includes('thumbnail') ? 'image/jpeg' : 'video/webm; codecs=vp9'
    return { bytes: FILM, headers: { 'content-type': type } }
  })
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['download', 'video_1', '--out', folder.path], io), 0)
  assert.equal(io.stdout.text, `${join(folder.path, 'video_1.webm')}\n`)
  const argv = ['download', 'video_1', '--out', folder.path, '--variant', 'thumbnail', '--json']
  const json = testIo({ url: gateway.url })
  assert.equal(await runProgram(argv, json), 0)
  assert.deepEqual(JSON.parse(json.stdout.text), {
    id: 'video_1',
    variant: 'thumbnail',
    path: join(folder.path, 'video_1-thumbnail.jpg'),
    bytes: FILM.length,
  })
  assert.deepEqual(readdirSync(folder.path), ['video_1-thumbnail.jpg', 'video_1.webm'])
})

test('a file that exists is kept unless --force', async () => {
  using folder = folderOf()
  const out = join(folder.path, 'a.mp4')
  writeFileSync(out, 'mine')
  await using gateway = await testGateway(() => ({ bytes: FILM }))
  const refused = testIo({ url: gateway.url })
  assert.equal(await runProgram(['download', 'video_1', '--out', out], refused), 2)
  assert.match(refused.stderr.text, /exists already/)
  assert.equal(readFileSync(out, 'utf8'), 'mine')
  assert.equal(gateway.seen.length, 0)
  assert.equal(await runProgram(['download', 'video_1', '-o', out, '-f'], testIo({ url: gateway.url })), 0)
  assert.deepEqual(readFileSync(out), FILM)
})

test('a device or the like is never replaced', async () => {
  await using gateway = await testGateway(() => ({ bytes: FILM }))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['download', 'video_1', '--out', '/dev/null', '--force'], io), 2)
  assert.match(io.stderr.text, /no regular file/)
})

test('- writes the bytes to standard output and nothing else', async () => {
  await using gateway = await testGateway(() => ({ bytes: FILM }))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['download', 'video_1', '--out', '-'], io), 0)
  assert.deepEqual(io.stdout.bytes, FILM)
  assert.equal(io.stderr.text, '')
})

test('a transfer that breaks leaves nothing behind', async () => {
  using folder = folderOf()
  await using gateway = await testGateway(({ path }) =>
    path.includes('cut')
      ? { bytes: FILM, headers: { 'content-length': '9999', connection: 'close' } }
      : refusal(404, 'video_not_ready', 'not yet'),
  )
  const cut = testIo({ url: gateway.url })
  assert.notEqual(await runProgram(['download', 'cut', '--out', join(folder.path, 'a.mp4')], cut), 0)
  const early = testIo({ url: gateway.url })
  assert.equal(await runProgram(['download', 'early', '--out', join(folder.path, 'a.mp4')], early), 2)
  assert.match(early.stderr.text, /reelay watch/)
  assert.deepEqual(readdirSync(folder.path), [])
})

test('an unknown variant is refused with the known ones', async () => {
  const io = testIo()
  assert.equal(await runProgram(['download', 'video_1', '--variant', 'gif'], io), 2)
  assert.match(io.stderr.text, /video, thumbnail, spritesheet/)
})

test('the terminal shows how far it is, and the line is gone at the end', async () => {
  using folder = folderOf()
  await using gateway = await testGateway(() => ({ bytes: FILM }))
  const io = testIo({ url: gateway.url, terminal: { columns: 80 } })
  assert.equal(await runProgram(['download', 'video_1', '--out', folder.path], io), 0)
  assert.ok(io.stderr.text.startsWith('\r\u001b[2K12 B 100%\r\u001b[2K12 B written\n'), io.stderr.text)
})
