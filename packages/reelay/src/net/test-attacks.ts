// A stand-in for the public internet is the only address that may be dialled. Everything else counts as a
// bypass: the secret server beside it on loopback, and any other address, which the recorder of dials lets
// nobody reach.

/** Ports of the two servers, which the attacks are written with. */
export type Ports = { open: number; secret: number }

export type Attack = {
  name: string
  url: (ports: Ports) => string
  /** Answers of DNS by host, one list per question; the last one stays. */
  dns?: Record<string, readonly (readonly string[])[]>
  method?: 'POST'
  /** The stand-in is reached first, and redirects. */
  redirects?: true
  /** The URL passes when it is registered and is asked for later. */
  registered?: true
  /** What stops it when it is not the guard. */
  stoppedBy?: 'too_many_redirects'
}

/** A public address that nobody dials. */
export const PUBLIC = '93.184.215.14'

const literal = (host: string): Attack => ({ name: host, url: ({ secret }) => `http://${host}:${secret}/` })

const named = (name: string, host: string, ...answers: readonly string[][]): Attack => ({
  name,
  url: ({ secret }) => `http://${host}:${secret}/`,
  dns: { [host]: answers },
})

const redirected = (name: string, target: (ports: Ports) => string, more: Partial<Attack> = {}): Attack => ({
  name: `302 -> ${name}`,
  url: (ports) => `http://127.0.0.1:${ports.open}/302?to=${encodeURIComponent(target(ports))}`,
  redirects: true,
  ...more,
})

const mixed = (name: string, ...answers: string[]): Attack => ({
  name,
  url: ({ open }) => `http://mixed.test:${open}/`,
  dns: { 'mixed.test': [answers] },
})

/** Five redirects within the stand-in, then the secret. */
function chain({ open, secret }: Ports): string {
  let url = `http://127.0.0.1:${secret}/`
  for (let hop = 0; hop < 5; hop += 1) url = `http://127.0.0.1:${open}/302?to=${encodeURIComponent(url)}`
  return url
}

/** Each URL would reach what it must not, if nothing stopped it. */
export const ATTACKS: readonly Attack[] = [
  // IPv4 loopback in every notation (10)
  ...['127.0.0.1', '2130706433', '0x7f000001', '0177.0.0.1', '127.1', '１２７.0.0.1', '127。0。0。1'].map(
    literal,
  ),
  ...['127.\t0.0.1', '127.0.0.1.', '127.0.0.3'].map(literal),
  // its names, IPv6 loopback, unspecified (2 + 4)
  ...['localhost', 'localhost.', '[::1]', '[::]', '0.0.0.0', '0'].map(literal),
  // IPv4-mapped (3)
  ...['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:7f00:0001]'].map(literal),
  // confused parsers (1 + 2)
  { name: 'userinfo', url: ({ secret }) => `http://public.test@127.0.0.1:${secret}/` },
  { name: 'backslash before @', url: ({ secret }) => `http://127.0.0.1:${secret}\\@public.test/` },
  { name: 'fragment before @', url: ({ secret }) => `http://127.0.0.1:${secret}#@public.test/` },
  // names that lead inside (3)
  named('name -> 127.0.0.1', 'inside.test', ['127.0.0.1']),
  named('name -> ::1', 'inside.test', ['::1']),
  named('name -> ::ffff:127.0.0.1', 'inside.test', ['::ffff:127.0.0.1']),
  // one good answer among bad ones (2)
  mixed('good and bad answer', '127.0.0.1', '10.0.0.5'),
  mixed('bad and good answer', '10.0.0.5', '127.0.0.1'),
  // rebinding (2)
  { ...named('rebinding after registration', 'rebind.test', [PUBLIC], ['127.0.0.1']), registered: true },
  redirected('rebinding between hops', ({ open }) => `http://rebind.test:${open}/`, {
    url: ({ open }) =>
      `http://rebind.test:${open}/302?to=${encodeURIComponent(`http://rebind.test:${open}/`)}`,
    dns: { 'rebind.test': [['127.0.0.1'], ['10.0.0.5']] },
  }),
  // redirects (5 + 1)
  redirected('literal', ({ secret }) => `http://127.0.0.1:${secret}/`),
  redirected('mapped', ({ secret }) => `http://[::ffff:127.0.0.1]:${secret}/`),
  redirected('metadata', () => 'http://169.254.169.254/latest/meta-data/'),
  { name: 'five redirects', url: chain, redirects: true, stoppedBy: 'too_many_redirects' },
  {
    name: '307 of a POST',
    url: ({ open, secret }) =>
      `http://127.0.0.1:${open}/307?to=${encodeURIComponent(`http://127.0.0.1:${secret}/`)}`,
    method: 'POST',
    redirects: true,
  },
  redirected('name', ({ secret }) => `http://inside.test:${secret}/`, {
    dns: { 'inside.test': [['127.0.0.1']] },
  }),
  // metadata services (3 + 2 + 1)
  { name: 'metadata', url: () => 'http://169.254.169.254/latest/meta-data/' },
  { name: 'metadata, decimal', url: () => 'http://2852039166/latest/meta-data/' },
  { name: 'metadata, IPv6', url: () => 'http://[fd00:ec2::254]/latest/meta-data/' },
  named('name -> metadata', 'meta.test', ['169.254.169.254']),
  named('metadata.google.internal', 'metadata.google.internal', ['169.254.169.254']),
  named('name -> NAT64 of metadata', 'nat64.test', ['64:ff9b::a9fe:a9fe']),
  // IPv6 that embeds IPv4 (4 + 1)
  ...[
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::7f00:1]',
    '[::ffff:0:127.0.0.1]',
    '[2001:0:4136:e378:8000:63bf:80ff:fffe]',
  ].map(literal),
  literal('[::127.0.0.1]'),
  // IPv6 off the public internet (6 + 3)
  ...['[2002:7f00:1::]', '[fd00::1]', '[fe80::1]', '[ff02::1]', '[100::1]', '[2001:db8::1]'].map(literal),
  ...['[fec0::1]', '[5f00::1]', '[3fff::1]'].map(literal),
  // IPv4 off the public internet (9 + 1 + 1)
  ...['10.0.0.1', '172.16.0.1', '192.168.0.1', '100.64.0.1', '192.0.0.192', '198.18.0.1', '240.0.0.1'].map(
    literal,
  ),
  ...['255.255.255.255', '0.0.0.1', '224.0.0.1', '168.63.129.16'].map(literal),
  // other schemes (1 + 4)
  { name: 'data:', url: () => 'data:text/plain,secret' },
  { name: 'file:', url: () => 'file:///etc/hostname' },
  { name: 'ftp:', url: ({ secret }) => `ftp://127.0.0.1:${secret}/` },
  redirected('file:', () => 'file:///etc/hostname'),
  redirected('data:', () => 'data:text/plain,secret'),
]

/** What has to pass, so that blocking everything is no proof. */
export const CONTROLS: readonly Attack[] = [
  { name: 'the stand-in itself', url: ({ open }) => `http://127.0.0.1:${open}/` },
  {
    name: 'a name',
    url: ({ open }) => `http://public.test:${open}/`,
    dns: { 'public.test': [['127.0.0.1']] },
  },
  {
    name: 'a name with two good answers',
    url: ({ open }) => `http://two.test:${open}/`,
    dns: { 'two.test': [['127.0.0.1', '127.0.0.1']] },
  },
  redirected('the stand-in', ({ open }) => `http://127.0.0.1:${open}/`),
  { name: 'a POST', url: ({ open }) => `http://127.0.0.1:${open}/`, method: 'POST' },
]
