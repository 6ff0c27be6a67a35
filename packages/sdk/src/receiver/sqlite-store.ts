import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import type { ReceiverStore, StoredCallback, TaskRecord } from './receiver-store.ts'

export type SqliteReceiverStore = ReceiverStore & {
  /** Close the receiver first. */
  close(): void
}

type Row = Readonly<Record<string, SQLOutputValue>>

// Full synchronisation: what the sender was told is stored survives a power cut.
const SCHEMA = `
  pragma busy_timeout = 5000;
  pragma journal_mode = wal;
  pragma synchronous = full;
  create table if not exists receiver_callback (
    key text primary key, task_id text, webhook_id text, body blob not null,
    received_at_ms integer not null, finished integer not null default 0
  ) strict;
  create index if not exists receiver_callback_unfinished
    on receiver_callback (received_at_ms) where finished = 0;
  create index if not exists receiver_callback_task on receiver_callback (task_id);
  create table if not exists receiver_task (
    task_id text primary key, shown text not null default '', sequence integer not null default 0,
    ended integer not null default 0, followed integer not null default 0, updated_at_ms integer not null
  ) strict;
  create index if not exists receiver_task_followed
    on receiver_task (updated_at_ms) where followed = 1 and ended = 0;
`

/**
 * A store in one SQLite file, made when it is missing. Needs `node:sqlite`: Node 22.5 or later, 24 without a
 * flag or warning about it.
 * @param path `:memory:` for one that vanishes
 */
export function createSqliteStore(path: string): SqliteReceiverStore {
  const database = new DatabaseSync(path)
  database.exec(SCHEMA)
  const sql = prepareStatements(database)
  return {
    add: ({ key, taskId, webhookId, body, receivedAtMs }, callbacksMax) => {
      const known = sql.find.get(key)
      if (known !== undefined && Number(known['finished']) === 1) return 'finished'
      if (known !== undefined) {
        sql.renew.run(body, receivedAtMs, key)
        return 'unfinished'
      }
      const max = Math.min(callbacksMax, Number.MAX_SAFE_INTEGER)
      const { changes } = sql.add.run(key, taskId, webhookId, body, receivedAtMs, taskId, max)
      if (Number(changes) > 0) return 'added'
      return sql.find.get(key) === undefined ? 'full' : 'unfinished'
    },
    callback: (key) => callbackOf(sql.callback.get(key)),
    finish: (key) => void sql.finish.run(key),
    unfinished: (limit) =>
      sql.unfinished.all(limit).map((row) => ({
        key: text(row['key']),
        taskId: nullableText(row['task_id']),
        webhookId: nullableText(row['webhook_id']),
      })),
    task: (taskId) => taskOf(sql.task.get(taskId)),
    saveTask: (record) =>
      void sql.saveTask.run(
        record.taskId,
        record.shown.join(' '),
        record.sequence,
        Number(record.ended),
        record.updatedAtMs,
      ),
    setFollowed: (taskId, followed, nowMs) => void sql.setFollowed.run(taskId, Number(followed), nowMs),
    followed: (limit) => sql.followed.all(limit).map((row) => text(row['task_id'])),
    prune: (beforeMs) => {
      sql.pruneCallbacks.run(beforeMs)
      sql.pruneTasks.run(beforeMs)
    },
    close: () => database.close(),
  }
}

function prepareStatements(
  database: DatabaseSync,
): Record<
  | 'find'
  | 'renew'
  | 'add'
  | 'callback'
  | 'finish'
  | 'unfinished'
  | 'task'
  | 'saveTask'
  | 'setFollowed'
  | 'followed'
  | 'pruneCallbacks'
  | 'pruneTasks',
  StatementSync
> {
  return {
    find: database.prepare('select finished from receiver_callback where key = ?'),
    renew: database.prepare(
      'update receiver_callback set body = ?, received_at_ms = ? where key = ? and finished = 0',
    ),
    add: database.prepare(
      `insert into receiver_callback (key, task_id, webhook_id, body, received_at_ms)
       select ?, ?, ?, ?, ? where (select count(*) from receiver_callback where task_id is ?) < ?
       on conflict (key) do nothing`,
    ),
    callback: database.prepare('select * from receiver_callback where key = ?'),
    finish: database.prepare('update receiver_callback set finished = 1 where key = ?'),
    unfinished: database.prepare(
      'select key, task_id, webhook_id from receiver_callback where finished = 0 order by received_at_ms, rowid limit ?',
    ),
    task: database.prepare('select * from receiver_task where task_id = ?'),
    saveTask: database.prepare(
      `insert into receiver_task (task_id, shown, sequence, ended, updated_at_ms)
       values (?, ?, ?, ?, ?)
       on conflict (task_id) do update set shown = excluded.shown, sequence = excluded.sequence,
         ended = excluded.ended, updated_at_ms = excluded.updated_at_ms`,
    ),
    setFollowed: database.prepare(
      `insert into receiver_task (task_id, followed, updated_at_ms) values (?, ?, ?)
       on conflict (task_id) do update set followed = excluded.followed, updated_at_ms = excluded.updated_at_ms`,
    ),
    followed: database.prepare(
      `select task_id from receiver_task where followed = 1 and ended = 0
       order by updated_at_ms, rowid limit ?`,
    ),
    pruneCallbacks: database.prepare(
      'delete from receiver_callback where finished = 1 and received_at_ms < ?',
    ),
    pruneTasks: database.prepare('delete from receiver_task where updated_at_ms < ?'),
  }
}

function callbackOf(row: Row | undefined): StoredCallback | null {
  if (row === undefined) return null
  const body = row['body']
  return {
    key: text(row['key']),
    taskId: nullableText(row['task_id']),
    webhookId: nullableText(row['webhook_id']),
    body: body instanceof Uint8Array ? body : new Uint8Array(),
    receivedAtMs: Number(row['received_at_ms']),
  }
}

function taskOf(row: Row | undefined): TaskRecord | null {
  if (row === undefined) return null
  return {
    taskId: text(row['task_id']),
    shown: text(row['shown'])
      .split(' ')
      .filter((type) => type !== ''),
    sequence: Number(row['sequence']),
    ended: Number(row['ended']) === 1,
    updatedAtMs: Number(row['updated_at_ms']),
  }
}

const nullableText = (value: SQLOutputValue | undefined): string | null =>
  typeof value === 'string' ? value : null

const text = (value: SQLOutputValue | undefined): string => nullableText(value) ?? ''
