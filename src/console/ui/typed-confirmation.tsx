import { TextInput } from '@mantine/core';
import { PLAIN_TEXT } from '../words/plain-text';

interface TypedConfirmationProps {
  /** What has to be typed: "Client Id", say. */
  noun: string;
  text: string;
  /** Whether it is for machines: a host, a client id. */
  isCode?: boolean;
  typed: string;
  onType(typed: string): void;
}

/** One field where somebody types what shall go, so that nobody deletes another by mistake. */
export function TypedConfirmation({ noun, text, isCode = false, typed, onType }: TypedConfirmationProps) {
  return (
    <TextInput
      label={`Type the ${noun} to confirm`}
      description={<>It is {isCode ? <code>{text}</code> : <bdi>{text}</bdi>}</>}
      // As it has to be typed: two blanks in a row are two.
      styles={{ description: { overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' } }}
      value={typed}
      onChange={(event) => onType(event.currentTarget.value)}
      data-autofocus
      {...PLAIN_TEXT}
    />
  );
}

/** Whether that was typed which shall go. Blanks around it do not count. */
export function isConfirmed(typed: string, text: string): boolean {
  return typed.trim() === text;
}
