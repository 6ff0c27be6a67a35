import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashOfKey } from '../system/hash-of-key.ts'
import { createAccountAddresses } from './account-addresses.ts'

const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
const base = 'https://reelay.example'
const ACCOUNTS = ['openai', 'openai:eu', 'pixverse']

const tokenIn = (url: string | null): string => url?.split('/').at(-1) ?? assert.fail('no address')

test('an account has one address, always the same, and another account another one', () => {
  const addresses = createAccountAddresses({ keys: [first], accounts: ACCOUNTS, base })
  const urls = ACCOUNTS.map((account) => addresses.urlOf(account))
  assert.equal(new Set(urls).size, 3)
  assert.deepEqual(
    urls,
    ACCOUNTS.map((account) =>
      createAccountAddresses({ keys: [first], accounts: ACCOUNTS, base }).urlOf(account),
    ),
  )
  assert.match(urls[1] ?? '', /^https:\/\/reelay\.example\/hooks\/openai\/[\w-]{43}$/)
  for (const [index, account] of ACCOUNTS.entries()) {
    assert.equal(addresses.accountOf(hashOfKey(tokenIn(urls[index] ?? null))), account)
  }
})

test('an unknown token leads nowhere, and neither does one of another secret', () => {
  const addresses = createAccountAddresses({ keys: [first], accounts: ACCOUNTS, base })
  const foreign = createAccountAddresses({ keys: [second], accounts: ACCOUNTS, base }).urlOf('openai')
  assert.equal(addresses.accountOf(hashOfKey(tokenIn(foreign))), undefined)
  assert.equal(addresses.accountOf(hashOfKey('x'.repeat(43))), undefined)
})

test('while the secret is rotated the new address is shown, and the old one still holds', () => {
  const old = createAccountAddresses({ keys: [first], accounts: ACCOUNTS, base }).urlOf('openai')
  const rotated = createAccountAddresses({ keys: [second, first], accounts: ACCOUNTS, base })
  assert.notEqual(rotated.urlOf('openai'), old)
  assert.equal(rotated.accountOf(hashOfKey(tokenIn(old))), 'openai')
})

test('none is shown for an account that takes none, or when nobody can reach this gateway', () => {
  assert.equal(createAccountAddresses({ keys: [first], accounts: ACCOUNTS, base }).urlOf('fal'), null)
  assert.equal(
    createAccountAddresses({ keys: [first], accounts: ACCOUNTS, base: null }).urlOf('openai'),
    null,
  )
})
