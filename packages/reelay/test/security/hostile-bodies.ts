import { gzipSync } from 'node:zlib'

/** A body with the headers that go with it. */
export type HostileBody = { headers: readonly string[]; chunks: Iterable<string | Uint8Array> }

/** What a route that reads its body has to answer. */
export type BodyKind = {
  name: string
  bodies: () => readonly HostileBody[]
  codes: readonly string[]
  /** Costs memory or time on the way: repeated when memory is measured. */
  heavy?: true
}

export const withLength = (
  type: string,
  body: string | Uint8Array,
  more: readonly string[] = [],
): HostileBody => ({
  headers: [`content-type: ${type}`, `content-length: ${Buffer.byteLength(body)}`, ...more],
  chunks: [body],
})

export const json = (body: string | Uint8Array, more: readonly string[] = []): HostileBody =>
  withLength('application/json', body, more)

const MULTIPART = 'multipart/form-data; boundary=b'

const DEEP = 10_000
const TOO_LARGE = 3 * 1024 * 1024
const BOMB_BYTES = 64 * 1024 * 1024
const CHUNK = `10000\r\n${'a'.repeat(0x10000)}\r\n`

function* endless(first: string): Generator<string> {
  yield `${first.length.toString(16)}\r\n${first}\r\n`
  for (;;) yield CHUNK
}

const chunked = (type: string, first: string): HostileBody => ({
  headers: [`content-type: ${type}`, 'transfer-encoding: chunked'],
  chunks: endless(first),
})

const nested = (open: string, close: string, depth: number): string =>
  open.repeat(depth) + close.repeat(depth)

let bomb: Buffer | undefined
const gzipBomb = (): Buffer => (bomb ??= gzipSync(Buffer.alloc(BOMB_BYTES, ' ')))

const manyParts = (count: number): string => `${'--b\r\n\r\n\r\n'.repeat(count)}--b--\r\n`

const INVALID_UTF8 = Buffer.concat([
  Buffer.from('{"prompt":"'),
  Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80]),
  Buffer.from('"}'),
])

export const BODY_KINDS: readonly BodyKind[] = [
  {
    name: 'a length that nobody could send',
    bodies: () =>
      ['999999999999999', '1000000000'].map((length) => ({
        headers: ['content-type: application/json', `content-length: ${length}`],
        chunks: [],
      })),
    codes: ['payload_too_large'],
  },
  {
    name: 'huge JSON (3 MB)',
    heavy: true,
    bodies: () => [json(`{"prompt":"${'a'.repeat(TOO_LARGE)}"}`), json(`[${'0,'.repeat(TOO_LARGE / 2)}0]`)],
    codes: ['payload_too_large'],
  },
  {
    name: 'an endless body',
    heavy: true,
    bodies: () => [
      chunked('application/json', '{"prompt":"'),
      chunked('application/x-www-form-urlencoded', 'prompt='),
      chunked(MULTIPART, '--b\r\ncontent-disposition: form-data; name="prompt"\r\n\r\n'),
      chunked(MULTIPART, '--b\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n'),
      chunked(MULTIPART, 'a preamble that never ends '),
    ],
    codes: ['payload_too_large', 'unsupported_media_type', 'invalid_multipart'],
  },
  {
    name: 'a gzip bomb',
    heavy: true,
    bodies: () => [
      json(gzipBomb(), ['content-encoding: gzip']),
      withLength('application/x-www-form-urlencoded', gzipBomb(), ['content-encoding: gzip']),
      withLength(MULTIPART, gzipBomb(), ['content-encoding: gzip']),
      json('{}', ['content-encoding: br']),
      json('{}', ['content-encoding: identity, deflate']),
    ],
    codes: ['unsupported_media_type'],
  },
  {
    name: 'deep JSON (10,000 levels)',
    heavy: true,
    bodies: () => [
      json(nested('[', ']', DEEP)),
      json(`{"prompt":"x","metadata":${nested('{"a":', '}', DEEP).replace(':}', ':1}')}}`),
      json(`{"name":${nested('[', ']', DEEP)}}`),
      json('['.repeat(60_000)),
    ],
    codes: ['invalid_json', 'payload_too_large'],
  },
  {
    name: 'invalid UTF-8',
    bodies: () => [json(Buffer.from([0xff, 0xff, 0xff])), json(Buffer.from([0xfe, 0xff, 0, 0x7b, 0, 0x7d]))],
    codes: ['invalid_json'],
  },
  {
    name: 'what is no JSON object',
    bodies: () =>
      [
        '',
        ' ',
        'null',
        '1',
        '"a"',
        '[]',
        '{',
        '{"a"',
        '{"a":NaN}',
        '{"a":01}',
        '{a:1}',
        "{'a':1}",
        '\0',
        '{}{}',
      ].map((text) => json(text)),
    codes: ['invalid_json'],
  },
  {
    name: 'another content type',
    bodies: () =>
      [
        '',
        ';',
        ';;;=',
        'text/plain',
        'application/xml',
        'application/jsonx',
        'a'.repeat(4_000),
        'multipart/mixed',
      ].map((type) => withLength(type, '{}')),
    codes: ['unsupported_media_type'],
  },
]

/** Of the create alone, which takes forms too: these end as these codes, or make a video where that is harmless. */
export const FORM_KINDS: readonly BodyKind[] = [
  {
    name: 'broken multipart',
    bodies: () => [
      ...['multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data; boundary="'].map(
        (type) => withLength(type, '--b--\r\n'),
      ),
      ...['', '--', '--b', '--b--', '--b\r\n', 'garbage', '--c\r\n\r\nx\r\n--c--', '\r\n'.repeat(1_000)].map(
        (body) => withLength(MULTIPART, body),
      ),
      ...[
        'content-disposition: form-data\r\n\r\nx',
        'content-disposition: form-data; filename="a"\r\n\r\nx',
        "content-disposition: form-data; filename*=UTF-8''a%00b\r\n\r\nx",
        'content-disposition: form-data; name="prompt"\r\n\r\nunterminated',
        'content-disposition: form-data; name="image"; filename="a.png"\r\n\r\nunterminated',
        `content-disposition: form-data; name="${'n'.repeat(5_000)}"\r\n\r\nx`,
        `x-junk: ${'j'.repeat(90_000)}\r\n\r\nx`,
      ].map((part) => withLength(MULTIPART, `--b\r\n${part}`)),
    ],
    codes: ['invalid_multipart', 'missing_required_parameter', 'payload_too_large'],
  },
  {
    name: '10,000 empty parts',
    heavy: true,
    bodies: () => [
      withLength(MULTIPART, manyParts(10_000)),
      withLength(MULTIPART, '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n\r\n'.repeat(10_000)),
      withLength(
        MULTIPART,
        '--b\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\n\r\n'.repeat(10_000),
      ),
    ],
    codes: ['invalid_multipart', 'missing_required_parameter', 'invalid_value'],
  },
  {
    name: 'names of fields and files that are paths or worse',
    bodies: () =>
      [
        '../../etc/passwd',
        '/etc/passwd',
        '..\\..\\a',
        '%2e%2e%2fa',
        'a\0b.png',
        '\u{1F4A9}',
        'a%00.png',
        '.',
      ].flatMap((name) => [
        withLength(
          MULTIPART,
          `--b\r\ncontent-disposition: form-data; name="image"; filename="${name}"\r\n\r\nx\r\n--b--\r\n`,
        ),
        withLength(
          MULTIPART,
          `--b\r\ncontent-disposition: form-data; name="${name}"; filename*=UTF-8''${encodeURIComponent(name)}\r\n\r\nx\r\n--b--\r\n`,
        ),
      ]),
    codes: ['missing_required_parameter', 'invalid_value', 'unknown_parameter', 'invalid_multipart'],
  },
  {
    name: 'duplicate and conflicting fields',
    bodies: () => [
      ...[
        'prompt=a&prompt=b',
        'prompt=a&prompt[x]=b',
        'prompt[x]=b&prompt=a',
        'prompt[]=a&prompt[x]=b',
        'prompt=a&seconds=5&duration=6',
        'prompt=a&seed=1&seed=2',
        'a[b][c][d][e][f][g][h][i]=1',
        Array.from({ length: 300 }, (_, index) => `a${index}=1`).join('&'),
      ].map((body) => withLength('application/x-www-form-urlencoded', body)),
      json('{"prompt":"a","image":"http://a.test","image_url":7}'),
      json('{"prompt":"a","callback_url":"http://a.test","webhook_url":"http://b.test"}'),
    ],
    codes: ['invalid_value', 'invalid_form', 'unknown_parameter'],
  },
  {
    name: 'invalid UTF-8 in text and forms',
    bodies: () => [
      json(INVALID_UTF8),
      withLength('application/x-www-form-urlencoded', 'prompt=%ff%fe%c3%28'),
    ],
    codes: ['ok'],
  },
  {
    name: 'NUL bytes and lone surrogates',
    bodies: () => [
      json(String.raw`{"prompt":"a\u0000b\ud800c","metadata":{"k\u0000\udfff":"\ud800"}}`),
      json(String.raw`{"prompt":"a","model":"local/pre\u0000view"}`),
      json(String.raw`{"prompt":"a","callback_url":"http://a.test/\u0000\ud800"}`),
      withLength('application/x-www-form-urlencoded', 'prompt=a%00b&metadata=%7B%22a%22%3A%22%5Cud800%22%7D'),
    ],
    codes: ['ok', 'model_not_found', 'invalid_value'],
  },
]
