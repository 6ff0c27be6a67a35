/** What an export left in a database: its tasks go on elsewhere. */
export type MovedMark = { exportId: string; atMs: number }

/** The database was exported to be moved: nothing may work on it any more. */
export class DatabaseMoved extends Error {
  override readonly name = 'DatabaseMoved'

  constructor({ exportId, atMs }: MovedMark) {
    super(
      `This database was moved on ${new Date(atMs).toISOString()} (${exportId}): its tasks go on where that export was ` +
        'imported. Set REELAY_DATABASE_URL to that database. If no gateway has ever started on it, this one can be ' +
        'taken back with: reelay export --undo',
    )
  }
}
