import { ActionIcon, Button, type ButtonProps, Text } from '@mantine/core';
import { CheckIcon, CopyIcon } from '@primer/octicons-react';
import { useEffect, useRef, useState } from 'react';
import classes from './copy.module.css';
import { tellFailure } from './toast';

const SHOWN_MS = 2_000;
const IMPOSSIBLE = 'The browser did not let this page copy. Select the text and copy it by hand.';

/** Puts a text on the clipboard. @returns what does so, and whether it was just done */
function useCopy(): { copy(text: string): Promise<void>; isCopied: boolean } {
  const [isCopied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async (text: string) => {
    if (!(await write(text))) return tellFailure(IMPOSSIBLE);
    setCopied(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return { copy, isCopied };
}

/** Copies a text, and says that it did. */
export function CopyButton({ text, children = 'Copy', ...props }: { text: string; children?: string } & ButtonProps) {
  const { copy, isCopied } = useCopy();
  return (
    <Button variant="default" {...props} leftSection={isCopied ? <CheckIcon /> : <CopyIcon />} onClick={() => copy(text)}>
      <span aria-live="polite">{isCopied ? 'Copied' : children}</span>
    </Button>
  );
}

/** Copies what stands beside it. @param of what that is */
export function CopyIconButton({ text, of }: { text: string; of: string }) {
  const { copy, isCopied } = useCopy();
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={isCopied ? `${of} copied` : `Copy ${of}`} onClick={() => copy(text)}>
      {isCopied ? <CheckIcon /> : <CopyIcon />}
    </ActionIcon>
  );
}

/** A value with its name, and a button that copies it. */
export function CopyLine({ label, value }: { label: string; value: string }) {
  return (
    <div className={classes.line}>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <span className={classes.value}>
        <code className={classes.code}>{value}</code>
        <CopyIconButton text={value} of={label} />
      </span>
    </div>
  );
}

/** Outside of https and localhost browsers have no clipboard for pages but the old way. */
async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return writeTheOldWay(text);
  }
}

function writeTheOldWay(text: string): boolean {
  const place = document.activeElement?.closest('[role=dialog]') ?? document.body;
  const before = document.activeElement as HTMLElement | null;
  const field = document.createElement('textarea');
  field.value = text;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  place.append(field);
  field.select();
  const isDone = document.execCommand('copy');
  field.remove();
  before?.focus();
  return isDone;
}
