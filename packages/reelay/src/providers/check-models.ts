import { ProbeUnavailable, type CredentialCheck } from './provider.ts'

/** A dry check: the models list needs the key and costs nothing. */
export async function checkModels(list: () => Promise<readonly string[]>): Promise<CredentialCheck> {
  try {
    const models = await list()
    return { ok: true, detail: `${models.length} models listed` }
  } catch (error) {
    if (error instanceof ProbeUnavailable) return { ok: false, detail: error.message }
    throw error
  }
}
