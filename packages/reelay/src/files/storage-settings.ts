import { join } from 'node:path'
import type { S3Credentials } from './s3-client.ts'
import { readStorageLocation, type S3Location, type StorageLocation } from './storage-location.ts'

/** Where files are, and with which keys. */
export type StorageSettings =
  | { kind: 'disk'; directory: string }
  | {
      kind: 's3'
      location: S3Location
      credentials: S3Credentials
      /** Clients are sent to the storage for their videos. */
      isRedirecting: boolean
    }

type Given = Readonly<Record<string, string | undefined>>

/** What is wrong with the settings of the storage, a sentence each. */
export function storageFaults(given: Given): string[] {
  const location = locationIn(given, '')
  if (typeof location === 'string') return [`REELAY_STORAGE_URL ${location}`]
  const isRedirecting = given['REELAY_STORAGE_REDIRECT'] === 'true'
  if (location.kind === 'disk') {
    return isRedirecting ? ['REELAY_STORAGE_REDIRECT needs a REELAY_STORAGE_URL that begins with s3:'] : []
  }
  const [id, secret] = [given['AWS_ACCESS_KEY_ID'], given['AWS_SECRET_ACCESS_KEY']]
  return (id === undefined) === (secret === undefined)
    ? []
    : ['AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set together']
}

/** Of settings without faults. */
export function storageSettings(given: Given, dataDir: string): StorageSettings {
  const usual = join(dataDir, 'files')
  const location = locationIn(given, usual)
  if (typeof location === 'string') return { kind: 'disk', directory: usual }
  if (location.kind === 'disk') return location
  const isRedirecting = given['REELAY_STORAGE_REDIRECT'] === 'true'
  return { kind: 's3', location: location.location, credentials: credentialsIn(given), isRedirecting }
}

function locationIn(given: Given, usual: string): StorageLocation | string {
  const url = given['REELAY_STORAGE_URL']?.trim()
  if (url === undefined) return { kind: 'disk', directory: usual }
  return readStorageLocation(url, { directory: usual, region: given['AWS_REGION'] })
}

function credentialsIn(given: Given): S3Credentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = given
  if (accessKeyId === undefined || secretAccessKey === undefined) return null
  const sessionToken = given['AWS_SESSION_TOKEN']
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
}
