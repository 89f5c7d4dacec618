import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a tenant's access tokens call themselves. A release before this one writes tenants without it, and they begin with the usual. */
export class AccessTokenType1764374400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query("ALTER TABLE tenants ADD COLUMN access_token_type varchar(10) NOT NULL DEFAULT 'AT_JWT'");
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE tenants DROP COLUMN access_token_type');
  }
}
