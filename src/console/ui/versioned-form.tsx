import { type FormValidateInput, type UseFormReturnType, useForm } from '@mantine/form';
import { type ReactNode, useState } from 'react';
import { useAction, useRefresh } from '../api/action';
import { toFailure } from '../api/failure';
import { Conflict } from './conflict';
import { changesOf, type Settings } from './draft';
import { placeFaults } from './field-faults';
import { FormDrawer } from './form-drawer';
import { tellDone } from './toast';
import { Trouble } from './trouble';

/** Something that is changed, as it was read. */
interface Versioned {
  name: string;
  version: number;
}

/** How something is changed in a drawer. */
export interface VersionedFormProps<Base extends Versioned, Draft extends object> {
  /** What it is: a client, say. */
  noun: string;
  /** As it is when the drawer opens. */
  first: Base;
  settings: Settings<Draft>;
  toDraft(base: Base): Draft;
  validate?(base: Base): FormValidateInput<Draft>;
  /** Sends what differs, for the version that it is based on. */
  send(base: Base, changes: Partial<Draft>): Promise<unknown>;
  /** Reads it anew; nothing when it is gone. */
  read(base: Base): Promise<Base | null | undefined>;
  onClose(): void;
  children(form: UseFormReturnType<Draft>, base: Base): ReactNode;
}

/** A drawer in which something is changed. What somebody else saved in between is shown, not overwritten. */
export function VersionedForm<Base extends Versioned, Draft extends object>(props: VersionedFormProps<Base, Draft>) {
  const { noun, first, settings, toDraft, onClose, children } = props;
  const [base, setBase] = useState(first);
  const [theirs, setTheirs] = useState<Base>();
  const form = useForm<Draft>({ initialValues: toDraft(first), validate: props.validate?.(base) ?? {} });
  const save = useSave<Base, Draft>({ ...props, form, onTheirs: setTheirs });
  const changesFrom = (from: Base) => changesOf(settings, toDraft(from), form.getValues());
  const hasChanges = Object.keys(changesOf(settings, toDraft(base), form.values)).length > 0;
  const submit = () => {
    if (!form.validate().hasErrors) void save.run(base);
  };
  /** Goes on from what they saved, with a draft that is based on it. */
  const goOnFrom = (now: Base, draft: Draft) => {
    form.setValues(draft);
    setBase(now);
    setTheirs(undefined);
    save.forget();
  };
  const keepMine = (now: Base) => {
    goOnFrom(now, { ...toDraft(now), ...changesFrom(base) });
    void save.run(now);
  };
  const title = (
    <>
      Edit <bdi>{base.name}</bdi>
    </>
  );
  const shared = { title, isBusy: save.isBusy, onClose };
  if (theirs) {
    const drafts = { before: toDraft(base), yours: form.values, theirs: toDraft(theirs) };
    const choices = { onKeepYours: () => keepMine(theirs), onTakeTheirs: () => goOnFrom(theirs, toDraft(theirs)) };
    return (
      <FormDrawer {...shared} isDirty canSave={false} onSave={() => undefined}>
        <Conflict noun={noun} settings={settings} drafts={drafts} {...choices} />
      </FormDrawer>
    );
  }
  return (
    <FormDrawer {...shared} isDirty={hasChanges} canSave={hasChanges} onSave={submit}>
      {children(form, base)}
      <Trouble failure={save.failure} form={form} />
    </FormDrawer>
  );
}

interface SaveParts<Base extends Versioned, Draft extends object> extends VersionedFormProps<Base, Draft> {
  form: UseFormReturnType<Draft>;
  onTheirs(theirs: Base): void;
}

function useSave<Base extends Versioned, Draft extends object>(parts: SaveParts<Base, Draft>) {
  const { settings, toDraft, send, read, form, onTheirs, onClose } = parts;
  const refresh = useRefresh();
  return useAction(async (base: Base) => {
    try {
      await send(base, changesOf(settings, toDraft(base), form.getValues()));
      refresh();
      onClose();
      tellDone(`${base.name} was saved.`);
    } catch (error) {
      placeFaults(form, error);
      if (toFailure(error).code !== 'CONFLICT') throw error;
      const theirs = await read(base);
      if (!theirs) throw error;
      onTheirs(theirs);
    }
  });
}
