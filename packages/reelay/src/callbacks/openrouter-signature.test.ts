import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { openrouterVerdict } from './openrouter-signature.ts'

const SECRET = 'workspace-secret'
const SECONDS = 1_790_000_000
const BODY = '{"type":"video.generation.completed","data":{"id":"job-1","status":"completed"}}'

const signatureOf = (text: string, secret = SECRET): string =>
  createHmac('sha256', secret).update(text).digest('hex')

const GOOD = `t=${SECONDS},v1=${signatureOf(`${SECONDS},${BODY}`)}`

type Given = { signature?: string; body?: string; secret?: string | undefined; atSeconds?: number }

function verdictOf({ signature, body = BODY, atSeconds = SECONDS, ...given }: Given = {}): string {
  const headers: Record<string, string> =
    signature === undefined ? {} : { 'x-openrouter-signature': signature }
  const secret = 'secret' in given ? given.secret : SECRET
  return openrouterVerdict({ headers, body: Buffer.from(body), urls: [] }, secret, atSeconds * 1_000)
}

test('the time and the bytes, signed with the secret of the workspace, are trusted', () => {
  assert.equal(verdictOf({ signature: GOOD }), 'trusted')
  assert.equal(verdictOf({ signature: GOOD.split(',').toReversed().join(', ') }), 'trusted')
})

test('any change makes it forged', () => {
  const other = `t=${SECONDS},v1=${signatureOf(`${SECONDS},${BODY}`, 'another')}`
  const later = `t=${SECONDS + 1},v1=${signatureOf(`${SECONDS},${BODY}`)}`
  for (const signature of [other, later, `t=${SECONDS}`, 'v1=', '', GOOD.replace('v1', 'v0'), `${GOOD}0`]) {
    assert.equal(verdictOf({ signature }), 'forged', signature)
  }
  assert.equal(verdictOf({ signature: GOOD, body: `${BODY} ` }), 'forged')
})

test('it holds for five minutes, before and after', () => {
  for (const [seconds, expected] of [
    [300, 'trusted'],
    [301, 'forged'],
    [-300, 'trusted'],
    [-301, 'forged'],
  ] as const) {
    assert.equal(verdictOf({ signature: GOOD, atSeconds: SECONDS + seconds }), expected)
  }
})

test('with a secret at hand what bears no signature is forged; without one nobody can tell', () => {
  assert.equal(verdictOf(), 'forged')
  assert.equal(verdictOf({ secret: undefined }), 'unsigned')
  assert.equal(verdictOf({ signature: GOOD, secret: undefined }), 'unsigned')
})
