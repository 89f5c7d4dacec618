import { useQuery } from '@apollo/client/react';
import { TagsInput, type TagsInputProps } from '@mantine/core';
import { useState } from 'react';
import { ScopesInUseDocument } from '../api/generated';
import { useViewer } from '../api/viewer';
import { PLAIN_TEXT } from '../words/plain-text';

const SEPARATORS = [',', ' ', ';', '\n', '\t'];
const ANY_CLIENT = ['tokens:introspect'];
const CLIENTS_LOOKED_AT = 50;
const MOST_OFFERED = 8;

/** The field for scopes. As one types it offers those in use, and those that manage Latchkey as far as the viewer has them. */
export function ScopesField(props: TagsInputProps) {
  const [isOffering, setOffering] = useState(false);
  return (
    <TagsInput
      label="Scopes"
      description="What the application may ask for. Press Enter after each."
      data={useKnownScopes()}
      limit={MOST_OFFERED}
      dropdownOpened={isOffering}
      onSearchChange={(text) => setOffering(text.trim() !== '')}
      onDropdownClose={() => setOffering(false)}
      {...SHARED}
      {...props}
      // As OAuth writes them: several with blanks between, pasted or typed in one go.
      onChange={(scopes) => props.onChange?.(scopes.flatMap((text) => text.split(/\s+/)).filter(Boolean))}
    />
  );
}

/** What clients that were used lately have, and what can be given in any tenant. */
function useKnownScopes(): string[] {
  const { scopes, may } = useViewer();
  const { data } = useQuery(ScopesInUseDocument, { variables: { first: CLIENTS_LOOKED_AT }, skip: !may('clients:read') });
  const inUse = data?.clients.nodes.flatMap((client) => client.scopes) ?? [];
  return [...new Set([...inUse.toSorted(), ...ANY_CLIENT, ...scopes])];
}

/** The field for audiences. @param usual the one that a client has when none is given */
export function AudiencesField({ usual, ...props }: TagsInputProps & { usual?: string }) {
  const hint = usual ? ` Without one it is ${usual}.` : '';
  return (
    <TagsInput
      label="Audiences"
      description={`The APIs that its tokens are for, as absolute URIs, the usual one first.${hint}`}
      // It offers nothing, and what is open takes the first Escape.
      dropdownOpened={false}
      {...SHARED}
      {...props}
    />
  );
}

const SHARED = {
  ...PLAIN_TEXT,
  splitChars: SEPARATORS,
  isDuplicate: (tag: string, others: string[]) => others.includes(tag),
} satisfies TagsInputProps;
