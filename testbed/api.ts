import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import {
  CreateClientDocument,
  type CreateClientInput,
  CreateTenantDocument,
  type CreateTenantInput,
  DeleteClientDocument,
  DeleteTenantDocument,
  RevokeClientSecretDocument,
  RevokeClientTokensDocument,
  RevokeSigningKeyDocument,
  RotateClientSecretDocument,
  RotateSigningKeyDocument,
  UpdateClientDocument,
  type UpdateClientInput,
  UpdateTenantDocument,
  type UpdateTenantInput,
} from '../src/console/api/generated.js';
import type { Answer } from './answer.js';

const MOST_TRIES = 10;

/**
 * The mutations of the API with the types of the schema, in the operations of the console. What is refused is thrown: a test that looks into
 * refusals sends its text itself.
 */
export class Api {
  constructor(private readonly send: (query: string, variables: object) => Promise<Answer>) {}

  createClient = async (input: CreateClientInput) => (await this.#call(CreateClientDocument, { input })).createClient;
  updateClient = async (clientId: string, input: UpdateClientInput) =>
    (await this.#call(UpdateClientDocument, { clientId, input })).updateClient;
  deleteClient = async (clientId: string) => (await this.#call(DeleteClientDocument, { clientId })).deleteClient;
  rotateClientSecret = async (clientId: string, overlapSeconds: number) =>
    (await this.#call(RotateClientSecretDocument, { clientId, overlapSeconds })).rotateClientSecret;
  revokeClientSecret = async (clientId: string, secretId: string) =>
    (await this.#call(RevokeClientSecretDocument, { clientId, secretId })).revokeClientSecret;
  revokeClientTokens = async (clientId: string) => (await this.#call(RevokeClientTokensDocument, { clientId })).revokeClientTokens;
  rotateSigningKey = async () => (await this.#call(RotateSigningKeyDocument, {})).rotateSigningKey;
  revokeSigningKey = async (kid: string) => (await this.#call(RevokeSigningKeyDocument, { kid })).revokeSigningKey;
  createTenant = async (input: CreateTenantInput) => (await this.#call(CreateTenantDocument, { input })).createTenant;
  updateTenant = async (host: string, input: UpdateTenantInput) => (await this.#call(UpdateTenantDocument, { host, input })).updateTenant;
  deleteTenant = async (host: string) => (await this.#call(DeleteTenantDocument, { host })).deleteTenant;

  async #call<Result, Variables extends object>(document: TypedDocumentNode<Result, Variables>, variables: Variables): Promise<Result> {
    const query = print(document);
    let answer = await this.send(query, variables);
    // Slow machine: what waits for its turn for over four seconds is told to try again.
    const isBusy = () => answer.body?.errors?.[0].extensions.code === 'DATABASE_UNAVAILABLE';
    for (let time = 0; time < MOST_TRIES && isBusy(); time += 1) answer = await this.send(query, variables);
    if (answer.status !== 200 || answer.body.errors) throw new Error(`refused: ${answer.status} ${answer.text}`);
    return answer.body.data;
  }
}
