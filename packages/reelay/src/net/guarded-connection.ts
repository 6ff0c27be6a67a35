import type { LookupAddress } from 'node:dns'
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { callbackify } from 'node:util'
import type { buildConnector } from 'undici'
import { addressFamily } from './address.ts'
import { GuardRefused } from './guard-refused.ts'
import type { Guard, Target } from './guard.ts'
import { TransferFailed } from './transfer-failed.ts'
import { hostnameOf } from './url-parts.ts'

/**
 * How long one of several addresses may take before the next is tried. Node's 250 ms is less than a slow
 * handshake far away.
 */
const ADDRESS_ATTEMPT_MS = 1_000

/** How far a connection has come. Only an `open` one can have carried a request. */
export type ConnectionPhase = 'resolving' | 'connecting' | 'handshaking' | 'open'

/**
 * One connection for one request: the guard sees a literal before it is dialled, every answer of DNS, and
 * the address that was reached. It is never shared, so that no request rides on what another one was
 * allowed.
 */
export class GuardedConnection {
  readonly #guard: Guard
  readonly #target: Target
  readonly #sentBefore: boolean
  #phase: ConnectionPhase = 'resolving'
  #exempt = false
  #socket: Socket | undefined

  /** `sentBefore`: an earlier hop has already carried the request. */
  constructor(guard: Guard, target: Target, sentBefore: boolean) {
    this.#guard = guard
    this.#target = target
    this.#sentBefore = sentBefore
  }

  get phase(): ConnectionPhase {
    return this.#phase
  }

  /** Whether the address is not public and only the trust in its origin let it through. */
  get exempt(): boolean {
    return this.#exempt
  }

  get notSent(): boolean {
    return !this.#sentBefore && this.#phase !== 'open'
  }

  destroy(): void {
    this.#socket?.destroy()
  }

  /** The `connect` option of an undici client. */
  readonly connect: buildConnector.connector = (options, callback) => {
    const refused = addressFamily(options.hostname) === undefined ? undefined : this.#refuse(options.hostname)
    if (refused !== undefined) return callback(refused, null)
    const secure = options.protocol === 'https:'
    const socket = this.#dial(secure, options.hostname, Number(options.port))
    this.#socket = socket
    let settled = false
    const settle = (error: Error | null): void => {
      if (settled) return
      settled = true
      if (error !== null) return callback(error, null)
      this.#phase = 'open'
      callback(null, socket)
    }
    socket.on('error', (error) => settle(error))
    socket.once('close', () => settle(new Error('The connection was closed before it was ready.')))
    socket.once('connect', () => {
      const problem = this.#problemWith(socket)
      if (problem !== undefined) {
        // Told before the socket is destroyed, whose own end would hide the reason.
        settle(problem)
        socket.destroy()
      } else if (secure) this.#phase = 'handshaking'
      else settle(null)
    })
    if (secure) socket.once('secureConnect', () => settle(null))
  }

  #dial(secure: boolean, hostname: string, givenPort: number): Socket {
    this.#phase = addressFamily(hostname) === undefined ? 'resolving' : 'connecting'
    const options = {
      host: hostname,
      port: givenPort || (secure ? 443 : 80),
      lookup: this.#lookup,
      autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
      noDelay: true,
    }
    if (!secure) return connectTcp(options)
    const servername = isIP(hostname) === 0 ? hostnameOf(this.#target.url) : ''
    // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch it off for other people's URLs.
    return connectTls({ ...options, servername, rejectUnauthorized: true, ALPNProtocols: ['http/1.1'] })
  }

  readonly #answers = callbackify(async (hostname: string) => this.#resolve(hostname))

  readonly #lookup: LookupFunction = (hostname, options, callback) => {
    this.#answers(hostname, (error, answers) => {
      const [first] = answers ?? []
      if (error !== null || first === undefined) callback(error ?? this.#unresolved(), '', 0)
      else if (options.all === true) callback(null, answers)
      else callback(null, first.address, first.family)
    })
  }

  /** Every address of a name, if the guard allows them all: which one is dialled is not ours to choose. */
  async #resolve(hostname: string): Promise<LookupAddress[]> {
    const addresses = await this.#guard.resolve(hostname).catch((error: unknown) => {
      throw this.#unresolved(error)
    })
    for (const address of addresses) {
      const refused = this.#refuse(address)
      if (refused !== undefined) throw refused
    }
    if (addresses.length > 0) this.#phase = 'connecting'
    return addresses.map((address) => ({ address, family: isIP(address) }))
  }

  #problemWith(socket: Socket): Error | undefined {
    const reached = socket.remoteAddress
    // Without an address the peer has already gone again, which is a failed connection and no refusal.
    return reached === undefined ? new Error('The peer closed the connection.') : this.#refuse(reached)
  }

  #refuse(address: string): GuardRefused | undefined {
    const check = this.#guard.checkAddress(this.#target, address)
    if (!check.ok) return new GuardRefused(check, !this.#sentBefore)
    this.#exempt ||= check.exempt
    return undefined
  }

  #unresolved(cause?: unknown): TransferFailed {
    const message = `The host ${hostnameOf(this.#target.url)} could not be resolved.`
    return new TransferFailed('dns', this.notSent, message, { cause })
  }
}
