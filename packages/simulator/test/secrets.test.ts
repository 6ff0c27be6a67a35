import assert from 'node:assert/strict'
import { createPublicKey, sign, verify } from 'node:crypto'
import { test } from 'node:test'
import { publicSecrets, secretsOf, strangerSecrets } from '../src/secrets.ts'

test('the same seed gives the same secrets, another one others', () => {
  const [one, again, two] = [secretsOf(1), secretsOf(1), secretsOf(2)]
  assert.deepEqual(publicSecrets(one), publicSecrets(again))
  const values = [one, two, strangerSecrets(1)].flatMap((secrets) => {
    const { hmac, hmacPrevious, ed25519, rsa } = publicSecrets(secrets)
    return [hmac, hmacPrevious, ed25519['x'], rsa['n']]
  })
  assert.equal(new Set(values).size, values.length)
  assert.match(one.hmac, /^whsec_[A-Za-z0-9+/]{43}=$/u)
})

test('what the private keys sign the public ones verify', () => {
  const secrets = secretsOf(3)
  const message = Buffer.from('a boat')
  for (const [key, algorithm] of [
    [secrets.ed25519, null],
    [secrets.previous.ed25519, null],
    [secrets.rsa, 'RSA-SHA256'],
    [secrets.previous.rsa, 'RSA-SHA256'],
  ] as const) {
    const signature = sign(algorithm, message, key.privateKey)
    const publicKey = createPublicKey({ key: { ...key.publicJwk }, format: 'jwk' })
    assert.equal(verify(algorithm, message, publicKey, signature), true, key.kid)
    assert.equal(verify(algorithm, Buffer.from('a cat'), publicKey, signature), false)
    assert.equal('d' in key.publicJwk, false, 'nothing private is told')
  }
  assert.equal(secrets.rsa.privateKey.asymmetricKeyDetails?.modulusLength, 2_048)
})
