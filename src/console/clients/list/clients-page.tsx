import { useApolloClient, useQuery } from '@apollo/client/react';
import { Button, Chip, Group, Text, Title } from '@mantine/core';
import { PlusIcon } from '@primer/octicons-react';
import { useMemo } from 'react';
import { useAction } from '../../api/action';
import {
  ClientsDocument,
  ClientsNowDocument,
  type ClientsQuery,
  type ClientsQueryVariables,
  CursorsBeforeDocument,
} from '../../api/generated';
import { type Reading, useReading } from '../../api/reading';
import { useViewer } from '../../api/viewer';
import { BusyButton } from '../../ui/busy-button';
import { PageFrame } from '../../ui/page-frame';
import { useShortcut } from '../../ui/shortcut';
import { Failed, Nothing, Stale, Waiting } from '../../ui/states';
import { useTitle } from '../../ui/title';
import { Trouble } from '../../ui/trouble';
import { counted } from '../../words/counted';
import { useClientDialogs } from '../dialogs-context';
import { ClientTable } from './client-table';
import classes from './clients-page.module.css';
import { FILTERS, type FilterName, type ListQuestion, PAGE_SIZE, toVariables, useListQuestion } from './list-question';

const POLL_MS = 30_000;

type Page = ClientsQuery['clients'];
type Ask = (change: Partial<ListQuestion>) => void;

/** All clients: found, sorted, narrowed down, page by page. */
export function ClientsPage() {
  useTitle('Clients');
  const [question, ask] = useListQuestion();
  const variables = useMemo(() => toVariables(question), [question]);
  const { data, former, failure, isWaiting, retry } = useListing(variables);
  const page = data?.clients;
  const shown = (data ?? former)?.clients.nodes ?? [];
  const isEmpty = page?.totalCount === 0 && isWhole(question);
  return (
    <PageFrame>
      <Heading count={page?.totalCount} isEmpty={isEmpty} />
      <Filters question={question} ask={ask} />
      {failure && page && <Stale failure={failure} onRetry={retry} />}
      {failure && !page && <Failed failure={failure} what="The clients could not be read" onRetry={retry} />}
      {!page && !failure && shown.length === 0 && <Waiting rows={12} />}
      {shown.length > 0 && (
        <div aria-busy={isWaiting} className={page ? undefined : classes.former}>
          <ClientTable clients={shown} question={question} ask={ask} />
          {page && <Pager page={page} question={question} ask={ask} />}
        </div>
      )}
      {page && page.nodes.length === 0 && <NothingHere question={question} ask={ask} />}
    </PageFrame>
  );
}

/** The list, kept up to date by what can change of it; a client that is new in it is read as a whole. */
function useListing(variables: ClientsQueryVariables): Reading<ClientsQuery> {
  const whole = useReading(useQuery(ClientsDocument, { variables }));
  const now = useReading(
    useQuery(ClientsNowDocument, { variables, pollInterval: POLL_MS, fetchPolicy: 'cache-first', skip: whole.data === undefined }),
  );
  return whole.failure ? whole : { ...whole, failure: now.failure, retry: now.retry };
}

/** @param isEmpty whether the button stands elsewhere, with what a client is */
function Heading({ count, isEmpty }: { count: number | undefined; isEmpty: boolean }) {
  return (
    <Group justify="space-between" align="center" mb="sm">
      <Title order={1}>
        Clients{' '}
        {count !== undefined && (
          <Text span c="dimmed" fw={400} size="lg" role="status" aria-label={counted(count, 'client')}>
            {count.toLocaleString('en')}
          </Text>
        )}
      </Title>
      {!isEmpty && <NewClientButton />}
    </Group>
  );
}

function NewClientButton() {
  const { openNew } = useClientDialogs();
  const { may } = useViewer();
  useShortcut('n', may('clients:write') ? openNew : undefined);
  if (!may('clients:write')) return null;
  return (
    <Button leftSection={<PlusIcon />} onClick={openNew}>
      New Client
    </Button>
  );
}

function Filters({ question, ask }: { question: ListQuestion; ask: Ask }) {
  return (
    <Chip.Group value={question.filter} onChange={(filter) => ask({ filter: filter as FilterName })}>
      <Group gap={8} mb="md" role="radiogroup" aria-label="Which clients">
        {FILTERS.map(({ name, label }) => (
          <Chip key={name} value={name} size="xs" variant="light">
            {label}
          </Chip>
        ))}
      </Group>
    </Chip.Group>
  );
}

/** Going back asks for the list the other way round, so that it works from an address that somebody sent as well. */
function Pager({ page: { pageInfo, nodes, totalCount }, question, ask }: { page: Page; question: ListQuestion; ask: Ask }) {
  const api = useApolloClient();
  const previous = useAction(async () => {
    const address = location.search;
    const reversed = { ...question, isDescending: !question.isDescending, after: pageInfo.startCursor ?? undefined };
    const variables = { ...toVariables(reversed), first: PAGE_SIZE + 1 };
    const { data } = await api.query({ query: CursorsBeforeDocument, variables, fetchPolicy: 'network-only' });
    // Whoever has asked something else in the meantime is not called back.
    if (location.search === address) ask({ after: data?.clients.edges[PAGE_SIZE]?.cursor });
  });
  const { hasNextPage, hasPreviousPage, endCursor } = pageInfo;
  if (!hasNextPage && !hasPreviousPage) return null;
  return (
    <Group justify="space-between" mt="sm" component="nav" aria-label="Pages of the list">
      <Text size="sm" c="dimmed">
        {nodes.length} of {totalCount.toLocaleString('en')} shown
      </Text>
      <Group gap={8}>
        <Trouble failure={previous.failure} ifUnknown="Try again." />
        <Button variant="default" size="xs" disabled={!hasPreviousPage} onClick={() => ask({ after: undefined })}>
          First
        </Button>
        <BusyButton variant="default" size="xs" disabled={!hasPreviousPage} isBusy={previous.isBusy} onClick={() => previous.run()}>
          Previous
        </BusyButton>
        <Button variant="default" size="xs" disabled={!hasNextPage} onClick={() => ask({ after: endCursor ?? undefined })}>
          Next
        </Button>
      </Group>
    </Group>
  );
}

function NothingHere({ question, ask }: { question: ListQuestion; ask: Ask }) {
  if (question.search) {
    const wholeList = () => ask({ search: '', filter: 'all' });
    return (
      <Nothing title="Nothing found" action={<WayBack onClick={wholeList} />}>
        No client has “{question.search}” in its name or client id{question.filter === 'all' ? '' : ', among those that the filter leaves'}.
      </Nothing>
    );
  }
  if (!isWhole(question)) {
    return (
      <Nothing title="None of these" action={<WayBack onClick={() => ask({ filter: 'all' })} />}>
        No client is like that{question.after ? ' on this page' : ''}.
      </Nothing>
    );
  }
  return (
    <Nothing title="No clients yet" action={<NewClientButton />}>
      A client is an application that may call your APIs: a partner’s system, a job, another service. It gets a client id and a secret key,
      trades them for access tokens at the token endpoint, and calls the APIs with those.
    </Nothing>
  );
}

/** Whether nothing narrows the list down. */
function isWhole({ search, filter, after }: ListQuestion): boolean {
  return search === '' && filter === 'all' && after === undefined;
}

function WayBack({ onClick }: { onClick(): void }) {
  return (
    <Button variant="default" onClick={onClick}>
      Show all clients
    </Button>
  );
}
