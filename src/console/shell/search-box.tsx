import { Kbd, TextInput } from '@mantine/core';
import { SearchIcon } from '@primer/octicons-react';
import { useEffect, useRef, useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { useViewer } from '../api/viewer';
import { useShortcut } from '../look/shortcut';

const PAUSE_MS = 200;

/** Looks for clients as somebody types, from whatever page. The address has what was looked for. */
export function SearchBox() {
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useSearchText();
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
    />
  );
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
  // Whoever went elsewhere in the meantime is not called back.
  useEffect(() => () => clearTimeout(timer.current), [path]);
  const change = (next: string) => {
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
