import { TagsInput, type TagsInputProps } from '@mantine/core';
import { useViewer } from '../api/viewer';
import { PLAIN_TEXT } from '../look/plain-text';

const SEPARATORS = [',', ' ', ';', '\n', '\t'];
const ANY_CLIENT = ['tokens:introspect'];

/** The field for scopes. Those that manage Latchkey are offered as far as the viewer has them. */
export function ScopesField(props: TagsInputProps) {
  const { scopes } = useViewer();
  return (
    <TagsInput
      label="Scopes"
      description="What the application may ask for. Press Enter after each."
      data={[...ANY_CLIENT, ...scopes]}
      openOnFocus={false}
      {...SHARED}
      {...props}
      // As OAuth writes them: several with blanks between, pasted or typed in one go.
      onChange={(scopes) => props.onChange?.(scopes.flatMap((text) => text.split(/\s+/)).filter(Boolean))}
    />
  );
}

/** The field for audiences. @param usual the one that a client has when none is given */
export function AudiencesField({ usual, ...props }: TagsInputProps & { usual?: string }) {
  const hint = usual ? ` Without one it is ${usual}.` : '';
  return (
    <TagsInput
      label="Audiences"
      description={`The APIs that its tokens are for, as absolute URIs, the usual one first.${hint}`}
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
