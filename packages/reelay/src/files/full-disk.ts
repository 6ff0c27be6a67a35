import { StorageFull } from './files.ts'

const FULL_CODES = new Set(['ENOSPC', 'EDQUOT'])

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/** @throws StorageFull in the place of what a disk without room says */
export async function asStorageFull<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (FULL_CODES.has(codeOf(error) ?? '')) throw new StorageFull('the disk is full', { cause: error })
    throw error
  }
}
