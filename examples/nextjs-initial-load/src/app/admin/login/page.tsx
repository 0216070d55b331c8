'use client';

import { useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';

export default function Login() {
  const router = useRouter();
  const [error, setError] = useState('');

  async function login(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const password = new FormData(event.currentTarget).get('password');
    try {
      const response = await fetch('/api/admin/login', { method: 'POST', body: JSON.stringify({ password }) });
      if (response.ok) router.push('/admin/initial-load');
      else setError(((await response.json()) as { error: string }).error);
    } catch {
      setError('This server does not answer.');
    }
  }

  return (
    <main>
      <h1>Initial load</h1>
      <form className="card form" onSubmit={login}>
        <label>
          Password of the administrator
          <input type="password" name="password" autoComplete="current-password" required />
        </label>
        {error && <p className="notice" role="alert">{error}</p>}
        <div><button type="submit">Log in</button></div>
      </form>
    </main>
  );
}
