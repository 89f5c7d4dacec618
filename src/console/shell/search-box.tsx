import { useApolloClient } from '@apollo/client/react';
import { Kbd, TextInput } from '@mantine/core';
import { SearchIcon } from '@primer/octicons-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { FoundClientsDocument } from '../api/generated';
import { useViewer } from '../api/viewer';
import { addressOf } from '../clients/list/address';
import { withoutSecrets } from '../clients/secrets/secret-form';
import { useShortcut } from '../ui/shortcut';
import { tellFailure } from '../ui/toast';

const PAUSE_MS = 200;
const TAKEN_OUT = 'What was in the search looked like a secret key or a token, and was taken out.';

/** Looks for clients as somebody types, from whatever page. The address has what was looked for. */
export function SearchBox() {
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useSearchText();
  const openOnly = useOpenOnly();
  const { may } = useViewer();
  useShortcut('/', () => field.current?.select());
  if (!may('clients:read')) return <span />;
  return (
    <TextInput
      ref={field}
      type="search"
      aria-label="Search clients"
      placeholder="Search clients"
      leftSection={<SearchIcon />}
      rightSection={<Kbd size="xs">/</Kbd>}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') void openOnly(text);
        if (event.key === 'ArrowDown') focusFirstRow(event);
      }}
    />
  );
}

/** Opens the client that was found, when it is the only one. */
function useOpenOnly(): (search: string) => Promise<void> {
  const api = useApolloClient();
  const [, navigate] = useLocation();
  return async (search) => {
    if (search.trim() === '') return;
    const { pathname } = location;
    const variables = { search, first: 2 };
    // What cannot be asked is told by the list.
    const found = await api.query({ query: FoundClientsDocument, variables, fetchPolicy: 'network-only' }).catch(() => undefined);
    const [only, ...others] = found?.data?.clients.nodes ?? [];
    // The list may have been asked meanwhile; whoever went to another page is not called back.
    if (only && others.length === 0 && pathname === location.pathname) navigate(addressOf(only.clientId));
  };
}

function focusFirstRow(event: KeyboardEvent): void {
  const first = document.querySelector<HTMLElement>('main [aria-label=Clients] :is(tbody, li) a');
  if (!first) return;
  event.preventDefault();
  first.focus();
}

function useSearchText(): [string, (text: string) => void] {
  const [path, navigate] = useLocation();
  const [parameters] = useSearchParams();
  const inAddress = path === '/' ? (parameters.get('search') ?? '') : '';
  const [text, setText] = useState(inAddress);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const written = useRef(inAddress);
  useEffect(() => {
    if (written.current !== inAddress) setText(inAddress);
    written.current = inAddress;
  }, [inAddress]);
  // A link may bring one along.
  useEffect(() => {
    if (withoutSecrets(inAddress) === inAddress) return;
    navigate(addressFor(withoutSecrets(inAddress)), { replace: true });
    tellFailure(`${TAKEN_OUT} It was in the address of this page, so take it for leaked: revoke it where you know whose it is.`);
  }, [inAddress, navigate]);
  // Whoever went elsewhere in the meantime is not called back.
  useEffect(() => () => clearTimeout(timer.current), [path]);
  const change = (typed: string) => {
    const next = withoutSecrets(typed);
    if (next !== typed) tellFailure(`${TAKEN_OUT} It went nowhere. To find its client, search for the client’s name or id.`);
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      written.current = next;
      navigate(addressFor(next), { replace: location.pathname === '/' });
    }, PAUSE_MS);
  };
  return [text, change];
}

/** On the list, order and filter stay; the page begins anew. */
function addressFor(search: string): string {
  const parameters = new URLSearchParams(location.pathname === '/' ? location.search : '');
  parameters.delete('after');
  if (search.trim() === '') parameters.delete('search');
  else parameters.set('search', search);
  return parameters.size > 0 ? `/?${parameters}` : '/';
}
