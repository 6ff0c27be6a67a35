import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientAddressOf } from './client-address.ts'

const of = (peer: string | undefined, forwardedFor: string | null = null, proxies = 0) =>
  clientAddressOf({ peer, forwardedFor, proxies })

test('without a proxy the header is nobody’s word', () => {
  assert.equal(of('192.0.2.1'), '192.0.2.1')
  assert.equal(of('192.0.2.1', '198.51.100.7'), '192.0.2.1')
  assert.equal(of(undefined, '198.51.100.7', 1), undefined)
})

test('each proxy adds one entry on the right, and what is left of them is the client’s own invention', () => {
  assert.equal(of('10.0.0.1', '1.1.1.1, 198.51.100.7', 1), '198.51.100.7')
  assert.equal(of('10.0.0.1', '1.1.1.1,198.51.100.7,10.0.0.2', 2), '198.51.100.7')
  assert.equal(of('10.0.0.1', '198.51.100.7', 2), '198.51.100.7')
})

test('what is no address leaves the socket’s own', () => {
  for (const header of ['', 'unknown', 'a, b', '1.2.3.4.5', '_hidden'])
    assert.equal(of('10.0.0.1', header, 1), '10.0.0.1', header)
})

test('ports, mapped addresses and zones do not make another client', () => {
  assert.equal(of('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(of('10.0.0.1', '198.51.100.7:4711', 1), '198.51.100.7')
  assert.equal(of('10.0.0.1', '[2001:db8:1:2::5]:4711', 1), '2001:db8:1:2')
  assert.equal(of('fe80::1%eth0'), 'fe80:0:0:0')
})

test('IPv6 counts by its network, however it is written', () => {
  for (const address of [
    '2001:db8:1:2:3:4:5:6',
    '2001:0db8:0001:0002::9',
    '2001:DB8:1:2::',
    '2001:db8:1:2::1.2.3.4',
  ])
    assert.equal(of(address), '2001:db8:1:2', address)
  assert.equal(of('::1'), '0:0:0:0')
  assert.equal(of('2001:db8::1'), '2001:db8:0:0')
})
