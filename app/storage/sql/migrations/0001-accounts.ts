/** Accounts, their tokens and devices, the abuse limits and the events. */

import type { Kysely } from 'kysely';

export async function up(database: Kysely<unknown>): Promise<void> {
  const { schema } = database;
  await schema
    .createTable('accounts')
    .addColumn('uid', 'varchar(32)', (column) => column.primaryKey())
    .addColumn('normalizedEmail', 'varchar(255)', (column) => column.unique())
    .addColumn('email', 'varchar(255)', (column) => column.notNull())
    .addColumn('verified', 'integer', (column) => column.notNull())
    .addColumn('generation', 'bigint', (column) => column.notNull())
    .addColumn('keysChangedAt', 'bigint', (column) => column.notNull())
    .addColumn('createdAt', 'bigint', (column) => column.notNull())
    .addColumn('verifierVersion', 'integer', (column) => column.notNull())
    .addColumn('authSalt', 'varchar(64)', (column) => column.notNull())
    .addColumn('sealedSecrets', 'varchar(512)', (column) => column.notNull())
    .addColumn('sealedEmailCode', 'varchar(128)', (column) => column.notNull())
    .addColumn('sealedUnlockCode', 'varchar(128)')
    .addColumn('lockedAt', 'bigint')
    .addColumn('locale', 'varchar(255)')
    .addColumn('deadAt', 'bigint')
    .execute();
  await schema.createIndex('accountsByDeath').on('accounts').column('deadAt').execute();

  await schema
    .createTable('sessions')
    .addColumn('storedId', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('uid', 'varchar(32)', (column) => column.notNull())
    .addColumn('sealedHawkKey', 'varchar(128)', (column) => column.notNull())
    .addColumn('generation', 'bigint', (column) => column.notNull())
    .addColumn('createdAt', 'bigint', (column) => column.notNull())
    .addColumn('lastAccessAt', 'bigint', (column) => column.notNull())
    .addColumn('userAgent', 'varchar(255)')
    .addColumn('deviceId', 'varchar(32)')
    .addColumn('deadAt', 'bigint')
    .execute();
  await schema.createIndex('sessionsByAccount').on('sessions').column('uid').execute();
  // One index finds the dead by age, and of the living those that no device holds by their last use.
  await schema
    .createIndex('sessionsByDeathAndUse')
    .on('sessions')
    .columns(['deadAt', 'deviceId', 'lastAccessAt'])
    .execute();

  await schema
    .createTable('oneTimeTokens')
    .addColumn('storedId', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('kind', 'varchar(24)', (column) => column.notNull())
    .addColumn('uid', 'varchar(32)', (column) => column.notNull())
    .addColumn('sealedHawkKey', 'varchar(128)', (column) => column.notNull())
    .addColumn('generation', 'bigint', (column) => column.notNull())
    .addColumn('createdAt', 'bigint', (column) => column.notNull())
    .addColumn('payload', 'varchar(512)')
    .addColumn('triesLeft', 'integer', (column) => column.notNull())
    .addColumn('deadAt', 'bigint')
    .execute();
  await schema.createIndex('oneTimeTokensByAccount').on('oneTimeTokens').columns(['uid', 'kind']).execute();
  await schema.createIndex('oneTimeTokensByDeath').on('oneTimeTokens').column('deadAt').execute();
  await schema.createIndex('oneTimeTokensByAge').on('oneTimeTokens').columns(['kind', 'createdAt']).execute();

  await schema
    .createTable('devices')
    .addColumn('uid', 'varchar(32)', (column) => column.notNull())
    .addColumn('id', 'varchar(32)', (column) => column.notNull())
    .addColumn('sessionStoredId', 'varchar(64)', (column) => column.notNull().unique())
    .addColumn('name', 'varchar(255)', (column) => column.notNull())
    .addColumn('type', 'varchar(16)', (column) => column.notNull())
    .addColumn('createdAt', 'bigint', (column) => column.notNull())
    .addColumn('pushCallback', 'varchar(255)')
    .addColumn('pushPublicKey', 'varchar(88)')
    .addColumn('pushAuthKey', 'varchar(24)')
    .addColumn('availableCommands', 'text')
    .addPrimaryKeyConstraint('devicesKey', ['uid', 'id'])
    .execute();

  await schema
    .createTable('limits')
    .addColumn('limitKey', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('hits', 'integer', (column) => column.notNull())
    .addColumn('windowStartedAt', 'bigint', (column) => column.notNull())
    .addColumn('blockedUntil', 'bigint', (column) => column.notNull())
    .addColumn('expiresAt', 'bigint', (column) => column.notNull())
    .execute();
  await schema.createIndex('limitsByExpiry').on('limits').column('expiresAt').execute();

  await schema
    .createTable('events')
    .addColumn('region', 'varchar(32)', (column) => column.notNull())
    .addColumn('cursor', 'varchar(64)', (column) => column.notNull())
    .addColumn('hour', 'integer', (column) => column.notNull())
    .addColumn('kind', 'varchar(16)', (column) => column.notNull())
    .addColumn('uid', 'varchar(32)', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('details', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('eventsKey', ['region', 'cursor'])
    .execute();
  await schema.createIndex('eventsByHour').on('events').columns(['region', 'hour']).execute();
}
