import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowOrigin, parseAllowHosts } from './allow-hosts.ts'

const admits = (text: string, hostname: string, port: number, address: string): boolean =>
  parseAllowHosts(text).admits({ hostname, port, address })

test('an empty setting admits nothing', () => {
  assert.equal(admits('', 'a.test', 80, '10.0.0.1'), false)
  assert.equal(admits(' ,\n ', 'a.test', 80, '10.0.0.1'), false)
})

test('a name admits its private addresses at its port', () => {
  assert.ok(admits('engine.lan', 'engine.lan', 8000, '192.168.1.5'))
  assert.ok(admits('Engine.LAN.', 'engine.lan', 8000, '192.168.1.5'))
  assert.ok(admits('engine.lan:8000, other', 'engine.lan', 8000, 'fd00::5'))
  assert.ok(admits('bücher.test', 'xn--bcher-kva.test', 80, '127.0.0.1'))
  assert.equal(admits('engine.lan:8000', 'engine.lan', 8001, '192.168.1.5'), false)
  assert.equal(admits('engine.lan', 'sub.engine.lan', 8000, '192.168.1.5'), false)
  assert.equal(admits('engine.lan', 'engine.lan.evil.test', 8000, '192.168.1.5'), false)
})

test('a name never admits link-local, metadata, embedded or unspecified addresses', () => {
  const addresses = [
    '169.254.169.254',
    'fe80::1',
    'fd00:ec2::254',
    '100.100.100.200',
    '168.63.129.16',
    '0.0.0.0',
    '::',
  ]
  const embedded = ['::ffff:169.254.169.254', '::ffff:10.0.0.1', '64:ff9b::a9fe:a9fe', '224.0.0.1']
  for (const address of [...addresses, ...embedded]) {
    assert.equal(admits('metadata.test metadata.test:80', 'metadata.test', 80, address), false, address)
  }
})

test('a range admits every host behind it, in its own family only', () => {
  assert.ok(admits('10.0.0.0/8', 'any.test', 8080, '10.200.3.4'))
  assert.ok(admits('10.1.2.3/8', '10.9.9.9', 8080, '10.9.9.9'))
  assert.ok(admits('fd00::/8', 'any.test', 8080, 'fd12::1'))
  assert.ok(admits('0.0.0.0/0', 'any.test', 8080, '192.168.0.1'))
  assert.equal(admits('10.0.0.0/8', 'any.test', 8080, '11.0.0.1'), false)
  assert.equal(admits('10.0.0.0/8', 'any.test', 8080, '::ffff:10.0.0.1'), false)
  assert.equal(admits('::/0', 'any.test', 8080, '10.0.0.1'), false)
})

test('a range admits metadata addresses only when it starts at one', () => {
  assert.equal(admits('0.0.0.0/0', '169.254.169.254', 80, '169.254.169.254'), false)
  assert.equal(admits('100.64.0.0/10', 'any.test', 80, '100.100.100.200'), false)
  assert.equal(admits('64:ff9b::/96', 'any.test', 80, '64:ff9b::a9fe:a9fe'), false)
  assert.ok(admits('64:ff9b::/96', 'any.test', 80, '64:ff9b::808:808'))
  assert.ok(admits('169.254.0.0/16', 'any.test', 80, '169.254.3.4'))
  assert.ok(admits('100.100.100.200', '100.100.100.200', 80, '100.100.100.200'))
})

test('a single address may have a port', () => {
  assert.ok(admits('10.0.0.5:8080', 'any.test', 8080, '10.0.0.5'))
  assert.ok(admits('[fd00::5]:8080', 'any.test', 8080, 'fd00::5'))
  assert.ok(admits('[fd00::5]', 'any.test', 1234, 'fd00::5'))
  assert.ok(admits('fd00::5', 'any.test', 1234, 'fd00::5'))
  assert.equal(admits('10.0.0.5:8080', '10.0.0.5', 8081, '10.0.0.5'), false)
  assert.equal(admits('10.0.0.5', '10.0.0.6', 8081, '10.0.0.6'), false)
})

test('only an entry that names the port opens a port below 1024', () => {
  assert.ok(parseAllowHosts('engine.lan:81').admitsPort('engine.lan', 81))
  assert.ok(parseAllowHosts('10.0.0.5:81').admitsPort('10.0.0.5', 81))
  assert.equal(parseAllowHosts('engine.lan').admitsPort('engine.lan', 81), false)
  assert.equal(parseAllowHosts('10.0.0.0/8').admitsPort('10.0.0.5', 81), false)
  assert.equal(parseAllowHosts('engine.lan:81').admitsPort('other.lan', 81), false)
})

test('an origin admits exactly its host and port', () => {
  const own = allowOrigin(new URL('http://[::1]:8000/v1'))
  assert.ok(own.admits({ hostname: '::1', port: 8000, address: '::1' }))
  assert.equal(own.admits({ hostname: '::1', port: 8001, address: '::1' }), false)
  const named = allowOrigin(new URL('https://engine.lan'))
  assert.ok(named.admits({ hostname: 'engine.lan', port: 443, address: '10.0.0.5' }))
  assert.equal(named.admits({ hostname: 'engine.lan', port: 443, address: '169.254.169.254' }), false)
})

const WRONG: readonly (readonly [entry: string, problem: RegExp])[] = [
  ['http://engine.lan', /leave the scheme and the path out/],
  ['*.lan', /wildcard/],
  ['10.0.0.0/33', /prefix length from 0 to 32/],
  ['10.0.0.0/', /prefix length from 0 to 32/],
  ['10.0.0.0/8/8', /prefix length/],
  ['10.0.0.0/8:80', /prefix length.* no port/],
  ['fd00::/129', /prefix length from 0 to 128/],
  ['engine.lan/8', /start with an IP address/],
  ['engine.lan/path', /start with an IP address/],
  ['engine.lan:0', /port from 1 to 65535/],
  ['engine.lan:65536', /port from 1 to 65535/],
  ['engine.lan:http', /port from 1 to 65535/],
  ['[10.0.0.1]:80', /IPv6 address in its brackets/],
  ['[fe80::1%eth0]', /IPv6 address in its brackets/],
  ['user@engine.lan', /is not a host name/],
  [':80', /is not a host name/],
  ['0x7f.1', /is the address 127\.0\.0\.1 in another notation/],
  ['2130706433', /is the address 127\.0\.0\.1 in another notation/],
]

for (const [entry, problem] of WRONG) {
  test(`the entry ${entry} is refused with a reason`, () => {
    assert.throws(
      () => parseAllowHosts(`ok.lan, ${entry}`),
      (error: Error) => {
        assert.match(error.message, problem)
        assert.ok(error.message.includes(`"${entry}"`) && error.message.includes('REELAY_ALLOW_HOSTS'))
        return true
      },
    )
  })
}
