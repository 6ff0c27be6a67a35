import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isForbiddenAddress, isMetadataAddress, isPrivateAddress } from './address.ts'

// An oracle that shares nothing with the code: first and last address of each range as whole numbers.
const FORBIDDEN_IPV4: readonly (readonly [first: string, last: string])[] = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['168.63.129.16', '168.63.129.16'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.31.196.0', '192.31.196.255'],
  ['192.52.193.0', '192.52.193.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['192.175.48.0', '192.175.48.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '255.255.255.255'],
]
const FORBIDDEN_IPV6: readonly (readonly [first: bigint, last: bigint])[] = [
  [0n, (0x2000n << 112n) - 1n],
  [0x2001n << 112n, (0x20010200n << 96n) - 1n],
  [0x20010db8n << 96n, (0x20010db9n << 96n) - 1n],
  [0x2002n << 112n, (0x2003n << 112n) - 1n],
  [0x3fffn << 112n, (0x3fff1n << 108n) - 1n],
  [0x4000n << 112n, (1n << 128n) - 1n],
]
const IPV4_RANGES = FORBIDDEN_IPV4.map(([first, last]): [bigint, bigint] => [numberOf(first), numberOf(last)])

function numberOf(ipv4: string): bigint {
  return ipv4.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)
}

function dotted(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')
}

function groups(value: bigint): string[] {
  const hex = value.toString(16).padStart(32, '0')
  return Array.from({ length: 8 }, (_, index) => hex.slice(index * 4, index * 4 + 4))
}

/** One of the notations in which the same IPv6 address may be written. */
function notation(value: bigint, style: number): string {
  const full = groups(value)
  if (style === 0) return full.join(':')
  if (style === 1) return full.join(':').toUpperCase()
  const short = full.map((group) => Number.parseInt(group, 16).toString(16))
  if (style === 2) return `${short.slice(0, 6).join(':')}:${dotted(value & 0xffff_ffffn)}`
  return short.join(':').replace(/(^|:)0(:0)+(:|$)/, '::')
}

function within(ranges: readonly (readonly [bigint, bigint])[], value: bigint): boolean {
  return ranges.some(([first, last]) => value >= first && value <= last)
}

/** The same numbers in every run (splitmix64). */
function generator(seed: bigint): () => bigint {
  let state = seed
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n)
    let mixed = state
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n)
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn)
    return mixed ^ (mixed >> 31n)
  }
}

/** The edges of every range and random addresses, half of them inside or right beside a range. */
function samples(ranges: readonly (readonly [bigint, bigint])[], bits: bigint, count: number): bigint[] {
  const next = generator(20_261_123n)
  const random = (below: bigint): bigint => ((next() << 64n) | next()) % below
  const limit = 1n << bits
  const values = ranges.flatMap(([first, last]) => [first - 1n, first, last, last + 1n])
  while (values.length < count) {
    const [first, last] = ranges[Number(random(BigInt(ranges.length)))]!
    values.push(random(limit), first + random(last - first + 1n), last + 1n + random(1n << (bits / 8n)))
  }
  return values.map((value) => BigInt.asUintN(Number(bits), value))
}

test('IPv4: 20,000 addresses are judged as the oracle judges them', () => {
  const values = samples(IPV4_RANGES, 32n, 20_000)
  assert.ok(values.length >= 20_000)
  for (const value of values) {
    assert.equal(isForbiddenAddress(dotted(value)), within(IPV4_RANGES, value), dotted(value))
  }
})

test('IPv6: 20,000 addresses in four notations are judged as the oracle judges them', () => {
  const values = samples(FORBIDDEN_IPV6, 128n, 20_000)
  assert.ok(values.length >= 20_000)
  for (const [index, value] of values.entries()) {
    const text = notation(value, index % 4)
    assert.equal(isForbiddenAddress(text), within(FORBIDDEN_IPV6, value), text)
  }
})

test('both verdicts are frequent among the generated addresses', () => {
  for (const [ranges, bits] of [
    [IPV4_RANGES, 32n],
    [FORBIDDEN_IPV6, 128n],
  ] as const) {
    const values = samples(ranges, bits, 20_000)
    const forbidden = values.filter((value) => within(ranges, value)).length
    assert.ok(forbidden > 2_000 && values.length - forbidden > 1_500, `${forbidden} of ${values.length}`)
  }
})

test('every IPv6 form that embeds an IPv4 address is forbidden, public ones too', () => {
  const next = generator(7n)
  for (let index = 0; index < 2_000; index += 1) {
    const ipv4 = dotted(next() & 0xffff_ffffn)
    const prefixes = ['::', '::ffff:', '::ffff:0:', '64:ff9b::', '64:ff9b:1::', '2002::', '2001::']
    for (const prefix of prefixes) assert.ok(isForbiddenAddress(`${prefix}${ipv4}`), `${prefix}${ipv4}`)
  }
})

test('what is not a plain address is forbidden', () => {
  for (const text of [
    '',
    'example.com',
    '1.2.3',
    '127.1',
    '0x7f.0.0.1',
    '2606:4700::1%eth0',
    '[2606:4700::1]',
    ' 8.8.8.8',
  ]) {
    assert.ok(isForbiddenAddress(text), text)
  }
})

test('metadata addresses are known in every form, and are not private', () => {
  const known = [
    '169.254.169.254',
    '168.63.129.16',
    '100.100.100.200',
    '192.0.0.192',
    'fe80::1',
    'fd00:ec2::254',
  ]
  const embedded = [
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '::169.254.1.1',
    '64:ff9b:1::168.63.129.16',
  ]
  for (const address of [...known, ...embedded]) {
    assert.ok(isMetadataAddress(address), address)
    assert.ok(!isPrivateAddress(address), address)
  }
  for (const address of [
    '10.0.0.1',
    '169.253.255.255',
    '100.100.100.201',
    'fd00::1',
    'febf::',
    '64:ff9b::a00:1',
  ]) {
    assert.equal(isMetadataAddress(address), address === 'febf::', address)
  }
})

test('private addresses are those of an own network, and no embedding of them', () => {
  const own = [
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '198.18.0.5',
    '::1',
    'fd12::1',
  ]
  for (const address of own) assert.ok(isPrivateAddress(address), address)
  for (const address of [
    '8.8.8.8',
    '0.0.0.0',
    '224.0.0.1',
    '::',
    '::ffff:10.0.0.1',
    '::ffff:a00:1',
    '64:ff9b::a00:1',
  ]) {
    assert.ok(!isPrivateAddress(address), address)
  }
})
