import type { InputFile } from './provider.ts'

/** The files of a request by what they are for. */
export type ArrangedInputs = {
  firstFrame: InputFile | null
  lastFrame: InputFile | null
  references: readonly InputFile[]
}

/**
 * Sorts files by role, or says why that model cannot take them. Where a model takes no references, the first one is
 * the first frame and the second one the last, as in the catalog's own check.
 */
export function arrangeInputs(
  inputs: readonly InputFile[],
  { takesReferences }: { takesReferences: boolean },
): ArrangedInputs | { refused: string } {
  const of = (role: InputFile['role']): readonly InputFile[] => inputs.filter((file) => file.role === role)
  const references = of('reference')
  const firstFrames = of('first_frame')
  const lastFrames = of('last_frame')
  const frames = firstFrames.length + lastFrames.length
  if (of('video').length > 0) return { refused: 'This model takes pictures only: leave video out.' }
  if (firstFrames.length > 1 || lastFrames.length > 1) {
    return { refused: 'This model takes one first_frame and one last_frame at most.' }
  }
  if (references.length > 0 && frames > 0) {
    return { refused: 'This model takes frames or input_reference files, not both together.' }
  }
  if (references.length > 0 && !takesReferences) {
    const [firstFrame = null, lastFrame = null, ...others] = references
    return others.length > 0
      ? { refused: 'This model takes two files at most: the first and the last frame.' }
      : { firstFrame, lastFrame, references: [] }
  }
  return { firstFrame: firstFrames[0] ?? null, lastFrame: lastFrames[0] ?? null, references }
}
