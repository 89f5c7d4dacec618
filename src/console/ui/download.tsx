import { Button, type ButtonProps } from '@mantine/core';
import { DownloadIcon } from '@primer/octicons-react';
import type { ReactNode } from 'react';

interface Download {
  text: string;
  fileName: string;
  mediaType: string;
}

/** Hands a text to the browser as a file. Nothing of it stays with the page. */
export function download({ text, fileName, mediaType }: Download): void {
  const address = URL.createObjectURL(new Blob([text], { type: mediaType }));
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(address);
}

/** Saves a text as a file. */
export function DownloadButton({ text, fileName, mediaType, children, ...props }: Download & { children: ReactNode } & ButtonProps) {
  return (
    <Button variant="default" {...props} leftSection={<DownloadIcon />} onClick={() => download({ text, fileName, mediaType })}>
      {children}
    </Button>
  );
}
