import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVault, VaultLocked } from './vault.ts'

const KEY = Buffer.alloc(32, 1)
const OTHER = Buffer.alloc(32, 2)

test('a secret opens for its purpose, and is never the same twice', () => {
  const vault = createVault([KEY])
  const sealed = vault.seal('whsec_canary', 'endpoint ep_1')
  assert.equal(vault.open(sealed, 'endpoint ep_1'), 'whsec_canary')
  assert.ok(!sealed.includes('canary'))
  assert.notEqual(vault.seal('whsec_canary', 'endpoint ep_1'), sealed)
})

test('a secret does not open for another purpose, with another key, or changed', () => {
  const vault = createVault([KEY])
  const sealed = vault.seal('s', 'a')
  assert.throws(() => vault.open(sealed, 'b'), VaultLocked)
  assert.throws(() => createVault([OTHER]).open(sealed, 'a'), VaultLocked)
  for (let index = 3; index < sealed.length - 1; index += 1) {
    const swapped = sealed[index] === 'A' ? 'B' : 'A'
    const changed = sealed.slice(0, index) + swapped + sealed.slice(index + 1)
    assert.throws(() => vault.open(changed, 'a'), VaultLocked)
  }
  for (const broken of ['', 'v1.', 'v1.AAAA', 'v2.abc', sealed.slice(0, 30)]) {
    assert.throws(() => vault.open(broken, 'a'), VaultLocked)
  }
})

test('after a rotation the old key still opens, and the new one seals', () => {
  const sealed = createVault([KEY]).seal('s', 'a')
  const rotated = createVault([OTHER, KEY])
  assert.equal(rotated.open(sealed, 'a'), 's')
  assert.equal(createVault([OTHER]).open(rotated.seal('t', 'a'), 'a'), 't')
})
