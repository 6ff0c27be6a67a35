/** What is known of the tables: which migrations made them. */
export type SchemaState = {
  /** The newest migration that is in place and that this version knows. */
  newest: string
  /** Migrations of a newer version that are in place: this version works with them as they are. */
  newer: readonly string[]
}

/** What an operator asks of a database, and no task needs. */
export interface Upkeep {
  readonly schema: SchemaState
  /**
   * Writes a whole copy, as the database is now, while it goes on being used. Nothing is at `path` until it is whole.
   * @returns its size in bytes
   * @throws BackupUnsupported where the database has tools of its own for that; NoRoomForBackup; StoreUnavailable when it cannot be written
   */
  backup(path: string, signal: AbortSignal): Promise<number>
}

/** The disk that the copy would be on is nearly full. */
export class NoRoomForBackup extends Error {
  override readonly name = 'NoRoomForBackup'
}

export class BackupUnsupported extends Error {
  override readonly name = 'BackupUnsupported'
}
