<!DOCTYPE html><script>1</script>
