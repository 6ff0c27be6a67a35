import { createHash, createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { exportJWK, SignJWT } from 'jose'

/** What a provider sends beside a body, at a time in Unix seconds and to an address. */
export type Signer = (
  body: string,
  seconds: number,
  url: string,
) => Record<string, string> | Promise<Record<string, string>>

/** As the Standard Webhooks specification has it: one signature for each secret. */
export const standardWebhook =
  (...secrets: readonly string[]): Signer =>
  (body, seconds) => {
    const signatures = secrets.map((secret) => {
      const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
      return `v1,${createHmac('sha256', key).update(`msg_1.${seconds}.${body}`).digest('base64')}`
    })
    return {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(seconds),
      'webhook-signature': signatures.join(' '),
    }
  }

export const viduSigner =
  (apiKey: string): Signer =>
  (_body, seconds, url) => {
    const date = new Date(seconds * 1_000).toUTCString()
    const { pathname, search } = new URL(url)
    const headers = `Date:${date}\nx-request-nonce:nonce-1\n`
    const text = `POST\n${pathname}\n${search.slice(1)}\nvidu\n${date}\n${headers}`
    return {
      date,
      'x-request-nonce': 'nonce-1',
      'x-hmac-algorithm': 'hmac-sha256',
      'x-hmac-access-key': 'vidu',
      'x-hmac-signed-headers': 'Date;x-request-nonce',
      'x-hmac-signature': createHmac('sha256', apiKey).update(text).digest('base64'),
    }
  }

/** For bodies of plain texts and whole numbers. */
export const pixverseSigner =
  (secret: string): Signer =>
  (body, seconds) => {
    const form = new URLSearchParams()
    for (const [name, value] of Object.entries<unknown>(JSON.parse(body))) form.set(name, String(value))
    form.sort()
    const nonce = 'n'.repeat(32)
    const text = `${seconds}\n${nonce}\n${form.toString()}`
    return {
      'webhook-timestamp': String(seconds),
      'webhook-nonce': nonce,
      'webhook-signature': createHmac('sha256', secret).update(text).digest('base64'),
    }
  }

export const openrouterSigner =
  (secret: string): Signer =>
  (body, seconds) => ({
    'x-openrouter-signature': `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds},${body}`).digest('hex')}`,
  })

/** A signer and the public key that goes with it, as a set of keys has it. */
export type KeyPair = { signer: Signer; jwk: object }

export function falKeys(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const signer: Signer = (body, seconds) => {
    const hash = createHash('sha256').update(body).digest('hex')
    const message = Buffer.from(`request-1\nuser-1\n${seconds}\n${hash}`)
    return {
      'x-fal-webhook-request-id': 'request-1',
      'x-fal-webhook-user-id': 'user-1',
      'x-fal-webhook-timestamp': String(seconds),
      'x-fal-webhook-signature': sign(null, message, privateKey).toString('hex'),
    }
  }
  return { signer, jwk: publicKey.export({ format: 'jwk' }) }
}

export async function googleKeys(kid: string): Promise<KeyPair> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const signer: Signer = async (_body, seconds, url) => ({
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(seconds),
    'webhook-signature': await tokenOf(privateKey, { kid, url, seconds }),
  })
  return { signer, jwk: { ...(await exportJWK(publicKey)), kid } }
}

const tokenOf = (
  key: KeyObject,
  { kid, url, seconds }: { kid: string; url: string; seconds: number },
): Promise<string> =>
  new SignJWT({ aud: url, exp: seconds + 120 }).setProtectedHeader({ alg: 'RS256', kid }).sign(key)
