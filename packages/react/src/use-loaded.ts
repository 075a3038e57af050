import { useEffect, useState } from 'react';

/** A module that is loaded when it is first used; undefined before, and where it cannot be loaded. `load` must stay the same. */
export function useLoaded<Module extends object>(load: () => Promise<Module>): Module | undefined {
  const [loaded, setLoaded] = useState<Module>();
  useEffect(() => {
    load().then(setLoaded, () => {});
  }, [load]);
  return loaded;
}
