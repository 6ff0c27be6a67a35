import { hash } from 'node:crypto'

/** How an API key is stored and looked up: SHA-256 in hex. Keys are 256 random bits, so one fast hash is enough. */
export const hashOfKey = (key: string): string => hash('sha256', key, 'hex')
