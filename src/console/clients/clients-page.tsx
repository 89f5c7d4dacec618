import { useApolloClient, useQuery } from '@apollo/client/react';
import { Button, Chip, Group, Text, Title } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { PlusIcon } from '@primer/octicons-react';
import { useMemo, useState } from 'react';
import { ClientsDocument, type ClientsQuery, CursorsBeforeDocument } from '../api/generated';
import { useReading } from '../api/reading';
import { useViewer } from '../api/viewer';
import { PageFrame } from '../look/page-frame';
import { Failed, Nothing, Stale, Waiting } from '../look/states';
import { useTitle } from '../look/title';
import { ClientTable } from './client-table';
import { useClientDialogs } from './dialogs-context';
import { FILTERS, type FilterName, type ListQuestion, PAGE_SIZE, toVariables, useListQuestion } from './list-question';

const POLL_MS = 30_000;

type Page = ClientsQuery['clients'];
type Ask = (change: Partial<ListQuestion>) => void;

/** All clients: found, sorted, narrowed down, page by page. */
export function ClientsPage() {
  useTitle('Clients');
  const [question, ask] = useListQuestion();
  const variables = useMemo(() => toVariables(question), [question]);
  const { data, failure, isWaiting, retry } = useReading(useQuery(ClientsDocument, { variables, pollInterval: POLL_MS }));
  const page = data?.clients;
  return (
    <PageFrame>
      <Heading count={page?.totalCount} />
      <Filters question={question} ask={ask} />
      {failure && page && <Stale failure={failure} onRetry={retry} />}
      {failure && !page && <Failed failure={failure} what="The clients could not be read" onRetry={retry} />}
      {!page && !failure && <Waiting rows={12} />}
      {page && page.nodes.length > 0 && (
        <div aria-busy={isWaiting}>
          <ClientTable clients={page.nodes} question={question} ask={ask} />
          <Pager page={page} question={question} ask={ask} />
        </div>
      )}
      {page && page.nodes.length === 0 && <NothingHere question={question} ask={ask} />}
    </PageFrame>
  );
}

function Heading({ count }: { count: number | undefined }) {
  return (
    <Group justify="space-between" align="center" mb="sm">
      <Title order={1}>
        Clients{' '}
        {count !== undefined && (
          <Text span c="dimmed" fw={400} size="lg" role="status" aria-label={`${count} clients`}>
            {count.toLocaleString('en')}
          </Text>
        )}
      </Title>
      <NewClientButton />
    </Group>
  );
}

function NewClientButton() {
  const { openNew } = useClientDialogs();
  const { may } = useViewer();
  useHotkeys(may('clients:write') ? [['n', openNew]] : []);
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
function Pager({ page, question, ask }: { page: Page; question: ListQuestion; ask: Ask }) {
  const api = useApolloClient();
  const [isBusy, setBusy] = useState(false);
  const { pageInfo, nodes, totalCount } = page;
  if (!pageInfo.hasNextPage && !pageInfo.hasPreviousPage) return null;
  const goBack = async () => {
    setBusy(true);
    const reversed = { ...question, isDescending: !question.isDescending, after: pageInfo.startCursor ?? undefined };
    const variables = { ...toVariables(reversed), first: PAGE_SIZE + 1 };
    const before = await api.query({ query: CursorsBeforeDocument, variables, fetchPolicy: 'network-only' }).catch(() => undefined);
    setBusy(false);
    ask({ after: before?.data?.clients.edges[PAGE_SIZE]?.cursor });
  };
  return (
    <Group justify="space-between" mt="sm" component="nav" aria-label="Pages of the list">
      <Text size="sm" c="dimmed">
        {nodes.length} of {totalCount.toLocaleString('en')} shown
      </Text>
      <Group gap={8}>
        <Button variant="default" size="xs" disabled={!pageInfo.hasPreviousPage} onClick={() => ask({ after: undefined })}>
          First
        </Button>
        <Button variant="default" size="xs" disabled={!pageInfo.hasPreviousPage} loading={isBusy} onClick={goBack}>
          Previous
        </Button>
        <Button
          variant="default"
          size="xs"
          disabled={!pageInfo.hasNextPage}
          onClick={() => ask({ after: pageInfo.endCursor ?? undefined })}
        >
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
  if (question.filter !== 'all' || question.after) {
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

function WayBack({ onClick }: { onClick(): void }) {
  return (
    <Button variant="default" onClick={onClick}>
      Show all clients
    </Button>
  );
}
