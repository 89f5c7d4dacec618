import { useQuery } from '@apollo/client/react';
import { Table } from '@mantine/core';
import { ClientRefusalsDocument, type ClientRefusalsQuery } from '../../api/generated';
import { useReading } from '../../api/reading';
import { Cell, type Column, DataTable } from '../../ui/data-table';
import { Failed, Nothing, Stale, Waiting } from '../../ui/states';
import { exactly } from '../../words/moment';
import { labelOf } from '../auth-method';
import { ReasonFacts } from '../issuers/reason-facts';
import classes from '../issuers/reason-facts.module.css';

const POLL_MS = 15_000;
const COLUMNS: Column[] = [{ label: 'When' }, { label: 'From' }, { label: 'By which way' }, { label: 'Why' }];

type Refusal = NonNullable<ClientRefusalsQuery['client']>['lastRefusals'][number];

/** The last times that somebody could not prove to be the client, and why. They themselves were not told. */
export function Refusals({ clientId }: { clientId: string }) {
  const { data, failure, retry } = useReading(useQuery(ClientRefusalsDocument, { variables: { clientId }, pollInterval: POLL_MS }));
  const refusals = data?.client?.lastRefusals;
  if (!refusals && failure) return <Failed failure={failure} what="The refusals could not be read" onRetry={retry} />;
  if (!refusals) return <Waiting rows={4} />;
  if (refusals.length === 0)
    return (
      <Nothing title="Nothing was refused lately.">
        Here stand the last ten requests that did not prove who the client is, with what was expected and what came.
      </Nothing>
    );
  return (
    <>
      {failure && <Stale failure={failure} onRetry={retry} />}
      <DataTable label="Refusals" columns={COLUMNS}>
        {refusals.map((refusal, index) => (
          <Row key={`${refusal.at} ${refusals.length - index}`} refusal={refusal} />
        ))}
      </DataTable>
    </>
  );
}

function Row({ refusal: { at, address, authMethod, reason, ...facts } }: { refusal: Refusal }) {
  return (
    <Table.Tr role="row">
      <Cell of="When">
        <time dateTime={at}>{exactly(at)}</time>
      </Cell>
      <Cell of="From">{address}</Cell>
      <Cell of="By which way">{authMethod ? labelOf(authMethod) : 'nothing was shown'}</Cell>
      <Cell of="Why" className={classes.why ?? ''}>
        {reason}
        <ReasonFacts {...facts} />
      </Cell>
    </Table.Tr>
  );
}
