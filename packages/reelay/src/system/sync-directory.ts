import { open } from 'node:fs/promises'

/** Makes the names in a directory durable: a new or renamed file survives a power cut only after this. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
